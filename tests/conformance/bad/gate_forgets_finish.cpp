// Lets a number finish repeatedly.
#include "good_gate.hpp"

class Gate final : public tellina::bad::GoodGate {
 public:
  void finish(tellina::Sequence sequence) override {
    if (m_running.contains(sequence) || sequence >= m_arrived) GoodGate::finish(sequence);
  }
};
TELLINA_BAD_GATE(Gate);
