// Always reports that only the shell exists and that nothing has run.
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
