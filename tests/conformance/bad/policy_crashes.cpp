// Dies when a gate ends while a message waits.
#include <cstdlib>

#include "good_gate.hpp"

class Gate final : public tellina::bad::GoodGate {
 public:
  ~Gate() override {
    if (m_arrived == 2 && m_running.empty() && !m_is_connected) std::abort();
  }
};
TELLINA_BAD_GATE(Gate);
