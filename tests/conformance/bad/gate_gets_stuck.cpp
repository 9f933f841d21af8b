// Starts nothing while exactly two requests wait.
#include "good_gate.hpp"

class Gate final : public tellina::bad::GoodGate {
 public:
  std::optional<tellina::Sequence> next() override {
    if (m_data.empty() && m_others.size() == 2) return std::nullopt;
    return GoodGate::next();
  }
};
TELLINA_BAD_GATE(Gate);
