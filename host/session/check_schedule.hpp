#pragma once

/// Says when the check of a running task looks.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "host/session/task_check.hpp"

namespace tellina {

/// Looks when a command has ended, within a second of output, every `interval` while something runs, and at the end. A
/// sandbox at rest costs nothing. One look at a time.
///
/// Threads: the loop's. `judged` runs on it.
class CheckSchedule {
 public:
  class Callbacks {
   public:
    std::function<void(const Progress&)> judged;
    std::function<bool()> command_runs;  ///< as far as the shell's marks tell; then nothing is at rest
  };

  /// `interval`: zero for none.
  CheckSchedule(Loop& loop, std::unique_ptr<TaskCheck> check, std::chrono::nanoseconds interval, Callbacks callbacks);

  /// The sandbox to look at from now on; what is under way for another one is forgotten.
  void use(std::shared_ptr<SandboxHandle> sandbox);

  void command_ended();
  void output_seen();
  /// Something was typed, so something may begin to run.
  void input_seen() { awake(); }
  /// A last look before the task ends. `done` runs after its verdict: from the loop, perhaps after this object's end,
  /// or within this call.
  void look_at_the_end(std::function<void()> done);

  void check_invariant() const;

 private:
  using Waiting = std::vector<std::function<void()>>;

  void awake();
  void look_soon();
  void start_look(TaskCheck::Look how);
  void finish_look(TaskCheck::Look how, const TaskCheck::Finding& finding);

  Loop& m_loop;
  std::unique_ptr<TaskCheck> m_check;
  const std::chrono::nanoseconds m_interval;
  Callbacks m_callbacks;
  bool m_has_sandbox = false;
  std::unique_ptr<Loop::Timer> m_soon_timer;
  bool m_looks_soon = false;
  std::unique_ptr<Loop::Timer> m_interval_timer;
  bool m_is_awake = false;  ///< the interval runs
  bool m_is_looking = false;
  std::optional<TaskCheck::Look> m_next{};  ///< asked for during a look
  Waiting m_waiting;                        ///< for the verdict of the next look
  Waiting m_awaiting;                       ///< for that of the look under way
  std::optional<Progress> m_last{};         ///< verdict on this sandbox
  /// Replaced with each sandbox: answers that hold an older one are late.
  std::shared_ptr<bool> m_current = std::make_shared<bool>(true);
};

}  // namespace tellina
