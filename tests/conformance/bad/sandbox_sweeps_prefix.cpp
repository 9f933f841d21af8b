// Sweeps the sandboxes of every owner whose name begins with the given one.
#include "live_sandbox.hpp"

namespace {

class Backend final : public tellina::bad::BackendOf<tellina::bad::LiveSandbox> {
 public:
  using BackendOf::BackendOf;
  std::size_t sweep(const tellina::OwnerId& owner, const std::vector<tellina::SandboxId>& keep) override {
    tellina::bad::LiveSandbox::destroy_all(
        [&](const tellina::SandboxSpec& spec) { return spec.owner.starts_with(owner) && spec.owner != owner; });
    return BackendOf::sweep(owner, keep);
  }
};

}  // namespace

TELLINA_BAD_BACKEND(Backend);
