// Starts the newest input first.
#include "good_gate.hpp"

class Gate final : public tellina::bad::GoodGate {
 public:
  std::optional<tellina::Sequence> next() override {
    if (m_is_connected && m_others.empty() && !m_data.empty()) return start(m_data.back());
    return GoodGate::next();
  }
};
TELLINA_BAD_GATE(Gate);
