#pragma once

/// Judges a task by the researcher's program, which runs in a sandbox of its own on a copy of the home.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "host/runtime/lifeline.hpp"
#include "host/session/session_loop.hpp"
#include "host/session/state_recorder.hpp"
#include "host/session/task_check.hpp"
#include "host/study/checker_verdict.hpp"
#include "host/study/records.hpp"

namespace tellina {

/// A run reads the home and then runs the checker, which finds the home, its folder, and the commands since the sandbox
/// came into use. A checker that fails gives no verdict: it is reported, and the next command starts it again.
///
/// Threads: the loop's; the sandbox's calls run on the blocking pool.
class CheckerCheck final : public TaskCheck {
 public:
  /// The checker has failed.
  struct Failure {
    std::string reason;
    std::string errors;  ///< the end of its standard error
  };
  /// `states` gets each home that is read.
  CheckerCheck(SessionEnvironment& environment, SessionLoop& loop, std::shared_ptr<const Study> study, int task_number,
               StateRecorder& states, std::function<void(const Failure&)> failed);
  ~CheckerCheck() override;

  /// A command has ended, and the next run will judge the home.
  void command_ended(const CommandRecord& command);
  /// The next run is for a hand-in. It brings a verdict, unless the checker fails.
  void hand_in() { m_is_handed_in = true; }
  /// The next run is the last one. `command_runs`: what the last run has seen may have changed since.
  void at_the_end(bool command_runs);

  void use(std::shared_ptr<SandboxHandle> sandbox) override;
  bool follows_commands() const override { return true; }
  void run(Mode mode, std::function<void(Result)> done) override;

  void check_invariant() const;

 private:
  class Cancellation;
  /// One run: written on the pool, then read on the loop.
  struct Run {
    RunSpec spec;
    CheckerVerdict verdict;
    std::string errors;
    bool has_raced = false;
    std::shared_ptr<StateRecorder::Look> look;
    std::shared_ptr<Cancellation> cancellation;
  };

  const Task& task() const { return m_study->tasks[static_cast<std::size_t>(m_task_number) - 1]; }
  bool is_due() const;
  std::shared_ptr<Run> make_run();
  void run_program(const std::shared_ptr<Run>& run, std::function<void(Result)> done);
  Result result_of(const Run& run, const std::exception_ptr& error);
  Result failed(const Failure& failure);
  void cancel();

  SessionEnvironment& m_environment;
  SessionLoop& m_loop;
  std::shared_ptr<const Study> m_study;
  int m_task_number;
  StateRecorder& m_states;
  std::function<void(const Failure&)> m_failed;
  std::shared_ptr<SandboxHandle> m_sandbox;
  std::deque<Bytes> m_commands;  ///< lines of session.jsonl
  std::size_t m_command_bytes = 0;
  std::optional<Progress> m_last{};              ///< the verdict of the last run, unless a command has ended since
  bool m_has_news = false;                       ///< a command has ended since the last run began
  bool m_is_handed_in = false;                   ///< the next run is for a hand-in
  bool m_is_wanted = false;                      ///< the next run is to run the checker in any case
  std::shared_ptr<Cancellation> m_cancellation;  ///< of the run under way
  Lifeline m_lifeline;  ///< cut with each new sandbox, so that results of an older one are dropped
};

}  // namespace tellina
