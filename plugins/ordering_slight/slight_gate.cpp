#include "slight_gate.hpp"

#include <algorithm>
#include <string>

namespace tellina::slight {

void SlightGate::arrive(Sequence sequence, MessageKind kind) {
  note_arrival(sequence);
  if (sequence == 0)
    m_connect_waits = true;
  else if (kind == MessageKind::text)
    m_texts.push(sequence);
  else
    m_others.push(sequence);
}

std::optional<Sequence> SlightGate::next() {
  if (m_connect_waits) {
    m_connect_waits = false;
    m_running.push_back(0);
    return 0;
  }
  if (!m_is_connected || (m_texts.empty() && m_others.empty())) return std::nullopt;
  const Sequence sequence = start_waiting();
  m_running.push_back(sequence);
  return sequence;
}

void SlightGate::finish(Sequence sequence) {
  const auto found = std::find(m_running.begin(), m_running.end(), sequence);
  if (found == m_running.end()) {
    throw Error(ErrorCode::bad_request, "message " + std::to_string(sequence) + " has not been started");
  }
  *found = m_running.back();
  m_running.pop_back();
  if (sequence == 0) m_is_connected = true;
}

void SlightGate::note_arrival(Sequence sequence) {
  if (sequence < m_arrived_end || m_early.contains(sequence)) {
    throw Error(ErrorCode::bad_request, "message " + std::to_string(sequence) + " has arrived before");
  }
  if (sequence != m_arrived_end) {
    m_early.insert(sequence);
    return;
  }
  ++m_arrived_end;
  while (!m_early.empty() && *m_early.begin() == m_arrived_end) {
    m_early.erase(m_early.begin());
    ++m_arrived_end;
  }
}

Sequence SlightGate::start_waiting() {
  const Sequence sequence = m_texts.empty() ? m_others.pop() : m_texts.pop();
  const bool leaves_lower_text = !m_texts.empty() && m_texts.lowest() < sequence;
  const bool leaves_lower_other = !m_others.empty() && m_others.lowest() < sequence;
  if (leaves_lower_text || leaves_lower_other) ++m_overtakings;
  return sequence;
}

}  // namespace tellina::slight
