// Lets messages overtake, and yet waits for numbers that may never come.
#include "good_gate.hpp"

class Gate final : public tellina::bad::GoodGate {
 public:
  std::optional<tellina::Sequence> next() override {
    if (!m_arrived.empty() && *m_arrived.rbegin() + 1 != m_arrived.size()) return std::nullopt;
    return GoodGate::next();
  }
};
TELLINA_BAD_GATE(Gate);
