// Says that nothing but the shell is there, and that nothing has run, whatever does.
#include "good_sandbox.hpp"

class Sandbox final : public tellina::bad::GoodSandbox {
 public:
  using GoodSandbox::GoodSandbox;
  tellina::Activity activity() override {
    tellina::Activity activity;
    activity.is_known = activity.shell_is_alone = true;
    return activity;
  }
};
TELLINA_BAD_SANDBOX(Sandbox);
