#pragma once

/// A check that judges a task independently of the shell's marks. CheckSchedule decides when it runs.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "host/session/sandbox_handle.hpp"
#include "host/study/progress.hpp"

namespace tellina {

/// Threads: the loop's.
class TaskCheck {
 public:
  /// The result of one run.
  class Result {
   public:
    std::optional<Progress> progress{};  ///< absent if there is nothing new to judge
    /// Which command it is about, if it is about one.
    std::optional<std::int64_t> command_number{};
    bool is_inconclusive = false;  ///< the run failed, or files changed during it: check again soon
    bool is_idle = false;          ///< nothing can change until something is typed or printed
  };
  /// With `if_changed`, the check may skip a run if nothing can have changed since the last one.
  enum class Mode : std::uint8_t { if_changed, always };

  virtual ~TaskCheck() = default;

  /// The sandbox to check from now on; may be null.
  virtual void use(std::shared_ptr<SandboxHandle> sandbox) = 0;
  /// Whether to check when a command ends and after output. False if the shell's marks already bring those verdicts.
  virtual bool follows_commands() const = 0;
  /// Runs the check; only one run at a time is allowed. `done` runs on the loop, within this call or later, but not
  /// after another sandbox has come into use.
  virtual void run(Mode mode, std::function<void(Result)> done) = 0;
};

}  // namespace tellina
