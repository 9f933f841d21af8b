#pragma once

/// A check that judges a task independently of the shell's marks. Its schedule decides when it looks.

#include <functional>
#include <memory>
#include <optional>

#include "host/session/sandbox_handle.hpp"
#include "host/study/progress.hpp"

namespace tellina {

/// Threads: the loop's.
class TaskCheck {
 public:
  /// The result of one look.
  class Finding {
   public:
    std::optional<Progress> progress{};  ///< absent if there is nothing new to judge
    bool is_unsure = false;              ///< the look failed, or files changed during it: look again soon
    bool is_at_rest = false;             ///< nothing can change until something is typed or printed
  };
  /// With `if_changed`, the check may skip the look if nothing can have changed since the last one.
  enum class Look : std::uint8_t { if_changed, always };

  virtual ~TaskCheck() = default;

  /// The sandbox to look at from now on; may be null.
  virtual void use(std::shared_ptr<SandboxHandle> sandbox) = 0;
  /// Whether to look when a command ends and after output. False if the shell's marks already bring those verdicts.
  virtual bool follows_commands() const = 0;
  /// One look at a time. `done` runs on the loop, within this call or later, but not after another sandbox has come
  /// into use.
  virtual void look(Look how, std::function<void(Finding)> done) = 0;
};

}  // namespace tellina
