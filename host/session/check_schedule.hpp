#pragma once

/// Decides when to check a running task.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "host/session/task_check.hpp"
#include "host/study/records.hpp"

namespace tellina {

/// Checks when a command has ended, within a second of output, every `interval` while something runs, and at the end.
/// An idle sandbox costs nothing. Only one check runs at a time, and a rest of limits::check_pause times its length
/// follows it, so that checks take a tenth of the time at most, whatever the participant does. A check that is
/// requested meanwhile runs after the rest, except for the last one, which runs at once.
///
/// Threads: the loop's. `judged` runs on it.
class CheckSchedule {
 public:
  class Callbacks {
   public:
    /// The result has a progress.
    std::function<void(const TaskCheck::Result&, CheckTrigger)> judged;
    std::function<bool()> command_runs;  ///< according to the shell's marks; then the sandbox is not idle
  };

  /// `interval`: zero means no periodic checks.
  CheckSchedule(Loop& loop, std::unique_ptr<TaskCheck> check, std::chrono::nanoseconds interval, Callbacks callbacks);

  /// Checks this sandbox from now on, and discards the pending check of another one.
  void use(std::shared_ptr<SandboxHandle> sandbox);

  void command_ended();
  void output_seen();
  /// Something was typed, so a program may start to run.
  void input_seen() { start_interval(); }
  /// Runs a last check before the task ends. `done` runs after its verdict: within this call, or from the loop, even if
  /// this object is destroyed by then.
  void check_at_the_end(std::function<void()> done);
  /// The same for a hand-in: the check looks even if nothing seems to have changed.
  void check_for_hand_in(std::function<void()> done);
  /// False if the last check failed, or if files changed during it.
  bool is_conclusive() const { return m_is_conclusive; }

  void check_invariant() const;

 private:
  using DoneCalls = std::vector<std::function<void()>>;
  struct Wish {
    TaskCheck::Mode mode = TaskCheck::Mode::if_changed;
    CheckTrigger trigger = CheckTrigger::timer;
  };

  void check_at_once(Wish wish, std::function<void()> done);
  void start_interval();
  void check_soon(CheckTrigger trigger);
  void start_check(Wish wish);
  void finish_check(Wish wish, const TaskCheck::Result& result);
  /// Begins the rest after a check that has just ended.
  void rest();
  void end_rest();

  Loop& m_loop;
  std::unique_ptr<TaskCheck> m_check;
  const std::chrono::nanoseconds m_interval;
  Callbacks m_callbacks;
  bool m_has_sandbox = false;
  std::unique_ptr<Loop::Timer> m_soon_timer;
  bool m_checks_soon = false;
  std::unique_ptr<Loop::Timer> m_interval_timer;
  bool m_interval_runs = false;  ///< the interval runs
  bool m_is_checking = false;
  bool m_is_conclusive = true;
  MonotonicTime m_check_began{};
  std::unique_ptr<Loop::Timer> m_rest_timer;
  bool m_rests = false;
  std::optional<Wish> m_next{};      ///< requested while a check runs or during the rest
  DoneCalls m_after_next_check;      ///< called after the verdict of the next check
  DoneCalls m_after_current_check;   ///< called after the verdict of the current check
  std::optional<Progress> m_last{};  ///< last verdict on this sandbox
  /// Replaced with each sandbox. A result that holds an older one is out of date.
  std::shared_ptr<bool> m_current = std::make_shared<bool>(true);
};

}  // namespace tellina
