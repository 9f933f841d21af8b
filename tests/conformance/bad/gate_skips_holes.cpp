// Accepts a number although earlier ones have not arrived.
#include "good_gate.hpp"

class Gate final : public tellina::bad::GoodGate {
 public:
  void arrive(tellina::Sequence sequence, tellina::MessageKind kind) override {
    if (sequence > m_arrived) m_arrived = sequence;
    GoodGate::arrive(sequence, kind);
  }
};
TELLINA_BAD_GATE(Gate);
