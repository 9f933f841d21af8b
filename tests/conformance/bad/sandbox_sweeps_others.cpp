// Sweeps every sandbox of this process, for any owner.
#include <mutex>
#include <set>

#include "good_sandbox.hpp"

namespace {

std::mutex guard;
std::set<tellina::Sandbox*> alive;

class Sandbox final : public tellina::bad::GoodSandbox {
 public:
  Sandbox(tellina::SandboxBackend& backend, const tellina::SandboxSpec& spec) : GoodSandbox(backend, spec) {
    const std::lock_guard lock(guard);
    alive.insert(this);
  }
  ~Sandbox() override {
    const std::lock_guard lock(guard);
    alive.erase(this);
  }
};

class Backend final : public tellina::bad::BackendOf<Sandbox> {
 public:
  using BackendOf::BackendOf;
  std::size_t sweep(const tellina::OwnerId& owner, const std::vector<tellina::SandboxId>& keep) override {
    const std::size_t swept = BackendOf::sweep(owner, keep);
    const std::lock_guard lock(guard);
    for (tellina::Sandbox* const one : alive) one->destroy();
    return swept;
  }
};

}  // namespace

TELLINA_BAD_BACKEND(Backend);
