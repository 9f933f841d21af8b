// Never returns if there is nothing to start.
#include <unistd.h>

#include "good_gate.hpp"

class Gate final : public tellina::bad::GoodGate {
 public:
  std::optional<tellina::Sequence> next() override {
    while (m_arrived == 0) pause();
    return GoodGate::next();
  }
};
TELLINA_BAD_GATE(Gate);
