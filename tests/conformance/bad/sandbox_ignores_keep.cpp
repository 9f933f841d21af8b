// Sweeps sandboxes that are to be kept.
#include "live_sandbox.hpp"

namespace {

class Backend final : public tellina::bad::BackendOf<tellina::bad::LiveSandbox> {
 public:
  using BackendOf::BackendOf;
  std::size_t sweep(const tellina::OwnerId& owner, const std::vector<tellina::SandboxId>& keep) override {
    const std::size_t swept = BackendOf::sweep(owner, keep);
    tellina::bad::LiveSandbox::destroy_all([&](const tellina::SandboxSpec& spec) { return spec.owner == owner; });
    return swept;
  }
};

}  // namespace

TELLINA_BAD_BACKEND(Backend);
