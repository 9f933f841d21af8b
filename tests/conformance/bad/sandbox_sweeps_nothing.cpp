// Leaves what a dead owner left.
#include "good_sandbox.hpp"

class Backend final : public tellina::bad::BackendOf<tellina::bad::GoodSandbox> {
 public:
  using BackendOf::BackendOf;
  std::size_t sweep(const tellina::OwnerId& /*owner*/, const std::vector<tellina::SandboxId>& /*keep*/) override {
    return 0;
  }
};
TELLINA_BAD_BACKEND(Backend);
