// Treats a started connect as finished.
#include "good_gate.hpp"

class Gate final : public tellina::bad::GoodGate {
 public:
  std::optional<tellina::Sequence> next() override {
    if (m_running.contains(0) && !m_others.empty()) return start(m_others.front());
    return GoodGate::next();
  }
};
TELLINA_BAD_GATE(Gate);
