#pragma once

/// What judges a task beside the shell's marks: it looks when its schedule says so.

#include <functional>
#include <memory>
#include <optional>

#include "host/session/sandbox_handle.hpp"
#include "host/study/progress.hpp"

namespace tellina {

/// Threads: the loop's.
class TaskCheck {
 public:
  /// What one look has found.
  class Finding {
   public:
    std::optional<Progress> progress{};  ///< absent where there is nothing new to judge
    bool is_unsure = false;              ///< it failed or saw things change: look again soon
    bool is_at_rest = false;             ///< nothing can change any more until something is typed or printed
  };
  /// `if_changed` may answer without a look where nothing can have changed since the last one.
  enum class Look : std::uint8_t { if_changed, always };

  virtual ~TaskCheck() = default;

  /// The sandbox to look at from now on, or null.
  virtual void use(std::shared_ptr<SandboxHandle> sandbox) = 0;
  /// Whether commands that end, and output, call for a look. False where the shell's marks bring those verdicts.
  virtual bool follows_commands() const = 0;
  /// One at a time. `done` runs on the loop, from this call or later; not if another sandbox came into use meanwhile.
  virtual void look(Look how, std::function<void(Finding)> done) = 0;
};

}  // namespace tellina
