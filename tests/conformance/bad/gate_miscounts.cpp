// Counts each overtaking twice.
#include "good_gate.hpp"

class Gate final : public tellina::bad::GoodGate {
 public:
  std::uint64_t overtakings() const override { return 2 * m_overtakings; }
};
TELLINA_BAD_GATE(Gate);
