// Throws an int instead of an Error for a duplicate.
#include "good_gate.hpp"

class Gate final : public tellina::bad::GoodGate {
 public:
  void arrive(tellina::Sequence sequence, tellina::MessageKind kind) override {
    if (sequence < m_arrived) throw 17;
    GoodGate::arrive(sequence, kind);
  }
};
TELLINA_BAD_GATE(Gate);
