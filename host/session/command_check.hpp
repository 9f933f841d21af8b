#pragma once

/// Judges what commands have printed, where that needs the whole output of a command, and often the home's names.

#include <deque>
#include <memory>

#include "host/runtime/lifeline.hpp"
#include "host/session/session_loop.hpp"
#include "host/session/state_recorder.hpp"
#include "host/session/task_check.hpp"
#include "host/study/command_judge.hpp"

namespace tellina {

/// A run judges the commands that have ended since the last run, all with the same snapshot. A name exists for a
/// command if the home had it at the run before or has it at this one.
///
/// Threads: the loop's; the judgement runs on the blocking pool.
class CommandCheck final : public TaskCheck {
 public:
  /// `states` gets each home that is read.
  CommandCheck(SessionEnvironment& environment, SessionLoop& loop, std::shared_ptr<const Study> study, int task_number,
               StateRecorder& states);

  /// A command has ended, and the next run will judge it. Of very many, or with very much output, only the last.
  void command_ended(const CommandRecord& command);

  void use(std::shared_ptr<SandboxHandle> sandbox) override;
  bool follows_commands() const override { return true; }
  void run(Mode mode, std::function<void(Result)> done) override;

  void check_invariant() const;

 private:
  /// Written on the pool, then read on the loop.
  struct Judged {
    std::vector<EndedCommand> commands;
    std::shared_ptr<const FileTree> home;  ///< null if no names are needed
    std::optional<JudgedCommand> verdict{};
    std::shared_ptr<StateRecorder::Look> look;
  };

  Result result_of(Judged& judged, const std::exception_ptr& error);
  const Task& task() const { return m_study->tasks[static_cast<std::size_t>(m_task_number) - 1]; }

  SessionEnvironment& m_environment;
  SessionLoop& m_loop;
  std::shared_ptr<const Study> m_study;
  int m_task_number;
  StateRecorder& m_states;
  std::shared_ptr<const OutputJudge> m_judge;
  std::shared_ptr<SandboxHandle> m_sandbox;
  std::shared_ptr<const FileTree> m_before;  ///< the home at the last run
  std::deque<EndedCommand> m_waiting;
  std::size_t m_waiting_bytes = 0;
  Lifeline m_lifeline;  ///< cut with each new sandbox, so that results of an older one are dropped
};

}  // namespace tellina
