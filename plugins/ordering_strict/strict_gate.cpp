#include "strict_gate.hpp"

#include <string>

namespace tellina::strict {

void StrictGate::arrive(Sequence sequence, MessageKind) {
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

std::optional<Sequence> StrictGate::next() {
  if (m_running || m_turn == m_arrived_end) return std::nullopt;
  m_running = true;
  return m_turn;
}

void StrictGate::finish(Sequence sequence) {
  if (!m_running || sequence != m_turn) {
    throw Error(ErrorCode::bad_request, "message " + std::to_string(sequence) + " has not been started");
  }
  m_running = false;
  ++m_turn;
}

}  // namespace tellina::strict
