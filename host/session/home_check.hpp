#pragma once

/// Compares the home directory with a filesystem task's answer.

#include <memory>
#include <optional>

#include "host/runtime/lifeline.hpp"
#include "host/session/session_loop.hpp"
#include "host/session/state_recorder.hpp"
#include "host/session/task_check.hpp"

namespace tellina {

/// Threads: the loop's; the comparison runs on the blocking pool.
class HomeCheck final : public TaskCheck {
 public:
  /// `states` gets each home that is read.
  HomeCheck(SessionEnvironment& environment, SessionLoop& loop, std::shared_ptr<const Study> study, int task_number,
            StateRecorder& states);

  void use(std::shared_ptr<SandboxHandle> sandbox) override;
  bool follows_commands() const override { return true; }
  void run(Mode mode, std::function<void(Result)> done) override;

  void check_invariant() const;

 private:
  /// Written on the pool, then read on the loop.
  class Seen {
   public:
    Activity activity;
    std::optional<Progress> progress{};  ///< absent if nothing can have changed
    bool is_unchanged = false;           ///< the home is as it was when it was last compared
    bool has_raced = false;
    Bytes version;         ///< names the state of the home; empty if the backend does not
    bool is_wide = false;  ///< the snapshot has more than the comparison needs, see StateRecorder::widened()
    std::shared_ptr<StateRecorder::Look> look;
  };

  const Task& task() const { return m_study->tasks[static_cast<std::size_t>(m_task_number) - 1]; }
  void forget_last();
  Result result_of(const Seen& seen, const std::exception_ptr& error);

  SessionEnvironment& m_environment;
  SessionLoop& m_loop;
  std::shared_ptr<const Study> m_study;
  int m_task_number;
  SnapshotRequest m_request;
  StateRecorder& m_states;
  std::shared_ptr<SandboxHandle> m_sandbox;
  /// The state of the home when it was last compared, if the backend names states, and the result.
  Bytes m_last_version;
  bool m_last_is_wide = false;
  std::optional<Progress> m_last_progress{};
  std::optional<Activity> m_last_activity{};  ///< just before the home was last compared
  Lifeline m_lifeline;  ///< cut with each new sandbox, so that results of an older one are dropped
};

}  // namespace tellina
