#pragma once

/// Looks at the home directory at the right moments and judges it.

#include <functional>
#include <memory>

#include "host/session/sandbox_handle.hpp"
#include "host/study/progress.hpp"

namespace tellina {

/// Checks when a command has ended, and at least once a second while there is output. One snapshot at a time.
///
/// Threads: the loop's. `judged` runs on it, and may destroy the object.
class HomeCheck {
 public:
  HomeCheck(SessionEnvironment& environment, std::shared_ptr<const Study> study, int task_number,
            std::function<void(const Progress&)> judged);

  /// The sandbox to look at from now on; what is under way for another one is forgotten.
  void use(std::shared_ptr<SandboxHandle> sandbox);

  void command_ended() { take(); }
  void output_seen();

  /// A verdict on an earlier moment is still to come.
  bool is_under_way() const { return m_under_way; }

 private:
  void take();

  SessionEnvironment& m_environment;
  std::shared_ptr<const Study> m_study;
  int m_task_number;
  SnapshotRequest m_request;
  std::function<void(const Progress&)> m_judged;
  std::shared_ptr<SandboxHandle> m_sandbox;
  std::unique_ptr<Loop::Timer> m_timer;
  bool m_timer_runs = false;
  bool m_under_way = false;
  bool m_again = false;
  /// Replaced with each sandbox: answers that hold an older one are late.
  std::shared_ptr<bool> m_current = std::make_shared<bool>(true);
};

}  // namespace tellina
