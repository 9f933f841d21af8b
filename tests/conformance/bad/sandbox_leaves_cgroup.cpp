// Creates a control group for the sandbox, and leaves it behind.
#include <filesystem>

#include "good_sandbox.hpp"

class Sandbox final : public tellina::bad::GoodSandbox {
 public:
  using GoodSandbox::GoodSandbox;
  void destroy() override {
    GoodSandbox::destroy();
    const bool is_unified = std::filesystem::exists("/sys/fs/cgroup/cgroup.controllers");
    std::filesystem::create_directory(
        (is_unified ? "/sys/fs/cgroup/tellina-bad-" : "/sys/fs/cgroup/pids/tellina-bad-") + m_spec.id);
  }
};
TELLINA_BAD_SANDBOX(Sandbox);
