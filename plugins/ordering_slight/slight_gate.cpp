#include "plugins/ordering_slight/slight_gate.hpp"

#include <algorithm>

#include "plugins/ordering_common/gate_checks.hpp"

namespace tellina::slight {

void SlightGate::arrive(Sequence sequence, MessageKind kind) {
  ordering::expect_arrival(sequence, m_arrived_end);
  ++m_arrived_end;
  if (sequence == 0)
    m_connect = Connect::waiting;
  else if (kind == MessageKind::text)
    m_texts.push_back(sequence);
  else
    m_others.push_back(sequence);
  check_invariant();
}

std::optional<Sequence> SlightGate::next() {
  Sequence sequence = 0;
  if (m_connect == Connect::waiting) {
    m_connect = Connect::running;
  } else if (m_connect == Connect::finished && !(m_texts.empty() && m_others.empty())) {
    sequence = take_waiting();
  } else {
    return std::nullopt;
  }
  m_running.push_back(sequence);
  check_invariant();
  return sequence;
}

void SlightGate::finish(Sequence sequence) {
  const auto found = std::find(m_running.begin(), m_running.end(), sequence);
  if (found == m_running.end()) ordering::refuse_finish(sequence);
  *found = m_running.back();
  m_running.pop_back();
  if (sequence == 0) m_connect = Connect::finished;
  check_invariant();
}

Sequence SlightGate::take_waiting() {
  if (m_texts.empty()) return m_others.pop_front();
  const Sequence sequence = m_texts.pop_front();
  if (!m_others.empty() && m_others.front() < sequence) ++m_overtakings;
  return sequence;
}

void SlightGate::check_invariant() const {
  const std::size_t pending = m_texts.size() + m_others.size() + m_running.size();
  ordering::expect_invariant(pending <= m_arrived_end, "every message that waits or runs has arrived");
  ordering::expect_invariant(m_texts.empty() || m_texts.back() < m_arrived_end, "every waiting text has arrived");
  ordering::expect_invariant(m_others.empty() || m_others.back() < m_arrived_end, "every waiting message has arrived");
  ordering::expect_invariant((m_connect == Connect::absent) == (m_arrived_end == 0), "the connect arrives first");
  ordering::expect_invariant(m_connect == Connect::finished || m_running.size() == (m_connect == Connect::running),
                             "nothing else runs until the connect has finished");
}

}  // namespace tellina::slight
