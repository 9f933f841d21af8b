// Leaves a file behind below /tmp.
#include <fstream>

#include "good_sandbox.hpp"

class Sandbox final : public tellina::bad::GoodSandbox {
 public:
  using GoodSandbox::GoodSandbox;
  void destroy() override {
    GoodSandbox::destroy();
    std::ofstream("/tmp/tellina-bad-" + m_spec.id) << "left";
  }
};
TELLINA_BAD_SANDBOX(Sandbox);
