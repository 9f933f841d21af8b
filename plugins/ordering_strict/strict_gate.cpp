#include "plugins/ordering_strict/strict_gate.hpp"

#include "plugins/ordering_common/gate_checks.hpp"

namespace tellina::strict {

void StrictGate::arrive(Sequence sequence, MessageKind) {
  ordering::expect_arrival(sequence, m_arrived_end);
  ++m_arrived_end;
  check_invariant();
}

std::optional<Sequence> StrictGate::next() {
  if (m_is_running || m_turn == m_arrived_end) return std::nullopt;
  m_is_running = true;
  check_invariant();
  return m_turn;
}

void StrictGate::finish(Sequence sequence) {
  if (!m_is_running || sequence != m_turn) ordering::refuse_finish(sequence);
  m_is_running = false;
  ++m_turn;
  check_invariant();
}

void StrictGate::check_invariant() const {
  ordering::expect_invariant(m_turn <= m_arrived_end, "no message starts before it has arrived");
  ordering::expect_invariant(!m_is_running || m_turn < m_arrived_end, "the running message has arrived");
}

}  // namespace tellina::strict
