#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "good_sandbox.hpp"

namespace tellina::bad {

/// A sandbox that can be found by its owner.
class LiveSandbox final : public GoodSandbox {
 public:
  LiveSandbox(SandboxBackend& backend, const SandboxSpec& spec) : GoodSandbox(backend, spec) {
    const std::lock_guard lock(guard());
    all().emplace(this, spec);
  }
  ~LiveSandbox() override {
    const std::lock_guard lock(guard());
    all().erase(this);
  }

  /// Destroys those of this process that `is_chosen`; returns how many.
  static std::size_t destroy_all(const std::function<bool(const SandboxSpec&)>& is_chosen) {
    std::size_t destroyed = 0;
    const std::lock_guard lock(guard());
    for (const auto& [sandbox, spec] : all()) {
      if (!is_chosen(spec)) continue;
      sandbox->destroy();
      ++destroyed;
    }
    return destroyed;
  }

 private:
  static std::mutex& guard() {
    static std::mutex mutex;
    return mutex;
  }
  static std::map<LiveSandbox*, SandboxSpec>& all() {
    static std::map<LiveSandbox*, SandboxSpec> sandboxes;
    return sandboxes;
  }
};

}  // namespace tellina::bad
