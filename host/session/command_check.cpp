#include "host/session/command_check.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/study/snapshot_limits.hpp"

namespace tellina {
namespace {

SnapshotRequest names_only() {
  SnapshotRequest request;
  request.max_content_per_file = 0;
  request.content_of.emplace();
  return request;
}

}  // namespace

CommandCheck::CommandCheck(SessionEnvironment& environment, SessionLoop& loop, std::shared_ptr<const Study> study,
                           int task_number, StateRecorder& states)
    : m_environment(environment),
      m_loop(loop),
      m_study(std::move(study)),
      m_task_number(task_number),
      m_states(states),
      m_judge(std::make_shared<const OutputJudge>(task())) {}

void CommandCheck::command_ended(const CommandRecord& command) {
  const InvariantScope invariant(*this);
  EndedCommand waiting(command);
  m_waiting_bytes += waiting.size();
  m_waiting.push_back(std::move(waiting));
  while (m_waiting.size() > limits::commands_to_judge ||
         (m_waiting.size() > 1 && m_waiting_bytes > limits::output_to_judge)) {
    m_waiting_bytes -= m_waiting.front().size();
    m_waiting.pop_front();
  }
}

void CommandCheck::use(std::shared_ptr<SandboxHandle> sandbox) {
  const InvariantScope invariant(*this);
  m_sandbox = std::move(sandbox);
  m_lifeline.cut();
  m_waiting.clear();
  m_waiting_bytes = 0;
  m_before = std::shared_ptr<const FileTree>(m_study, &task().initial);
}

void CommandCheck::run(Mode /*mode*/, std::function<void(Result)> done) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(m_sandbox && done);
  if (m_waiting.empty()) {
    Result nothing_new;
    nothing_new.is_idle = true;
    return done(nothing_new);
  }
  auto judged = std::make_shared<Judged>();
  judged->look = m_states.begin();
  const SnapshotRequest request = m_states.widened(names_only());
  judged->commands.assign(std::make_move_iterator(m_waiting.begin()), std::make_move_iterator(m_waiting.end()));
  const std::size_t bytes = std::exchange(m_waiting_bytes, 0);
  m_waiting.clear();
  m_sandbox->inspect(
      [judged, request, judge = m_judge, study = m_study, number = m_task_number, before = m_before](Sandbox& sandbox) {
        std::shared_ptr<FileTree> home;
        if (judge->needs_names()) {
          home = std::make_shared<FileTree>(sandbox.snapshot(request));
          if (home->truncated && !request.content_of) *home = sandbox.snapshot(names_only());
          judged->home = home;
        }
        const Task& task = study->tasks[static_cast<std::size_t>(number) - 1];
        judged->verdict = judge_commands(task, *judge, judged->commands, *before, home.get());
        if (home && judged->look) judged->look->see(*home);
      },
      m_loop.guarded(m_lifeline.guarded([this, judged, done = std::move(done)](const std::exception_ptr& error) {
        done(result_of(*judged, error));
      })),
      memory_for(request) + limits::judged_output_factor * bytes);
}

TaskCheck::Result CommandCheck::result_of(Judged& judged, const std::exception_ptr& error) {
  const InvariantScope invariant(*this);
  Result result;
  result.is_inconclusive = error || (judged.home && judged.home->raced);
  if (error) {
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& failure) {
      m_environment.fault_log->warning("command check",
                                       std::string("cannot check what a command printed: ") + failure.what(),
                                       m_environment.loop.clock().now());
    }
  }
  if (judged.verdict && !result.is_inconclusive) {
    result.progress = judged.verdict->progress;
    result.command_number = judged.verdict->number;
  }
  m_states.finish(judged.look, result.progress);
  if (result.is_inconclusive) {
    // Judges the same commands again, before those that have ended meanwhile.
    for (auto command = judged.commands.rbegin(); command != judged.commands.rend(); ++command) {
      m_waiting_bytes += command->size();
      m_waiting.push_front(std::move(*command));
    }
    return result;
  }
  result.is_idle = m_waiting.empty();
  if (judged.home) m_before = judged.home;
  return result;
}

void CommandCheck::check_invariant() const {
  TELLINA_ASSERT(m_task_number >= 1 && static_cast<std::size_t>(m_task_number) <= m_study->tasks.size());
  TELLINA_ASSERT(!m_waiting.empty() || m_waiting_bytes == 0);
  TELLINA_ASSERT(!m_sandbox || m_before);
}

}  // namespace tellina
