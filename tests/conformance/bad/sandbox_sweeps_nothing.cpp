// Leaves a dead owner's sandboxes.
#include "good_sandbox.hpp"

class Backend final : public tellina::bad::BackendOf<tellina::bad::GoodSandbox> {
 public:
  using BackendOf::BackendOf;
  std::size_t sweep(const tellina::OwnerId& /*owner*/, const std::vector<tellina::SandboxId>& /*keep*/) override {
    return 0;
  }
};
TELLINA_BAD_BACKEND(Backend);
