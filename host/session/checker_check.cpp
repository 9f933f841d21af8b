#include "host/session/checker_check.hpp"

#include <sys/eventfd.h>

#include <utility>

#include "host/limits.hpp"
#include "host/plugins/guard.hpp"
#include "host/runtime/assertion.hpp"
#include "host/study/checker_run.hpp"
#include "host/study/command_lines.hpp"
#include "host/study/snapshot_limits.hpp"
#include "tellina/descriptor.hpp"

namespace tellina {
namespace {

SnapshotRequest whole_home() {
  SnapshotRequest request;
  request.max_entries = limits::checked_entries;
  request.max_content_per_file = limits::checked_content;
  request.max_content_in_all = limits::checked_content;
  request.deadline = limits::checker_snapshot;
  return request;
}

/// What the copies of a tree may need: in the program, on its way to the sandbox, and there.
std::size_t memory_of(const FileNode& node) {
  std::size_t memory = limits::snapshot_entry + 3 * (node.content ? node.content->size() : 0);
  for (const auto& [name, child] : node.children) memory += memory_of(child);
  return memory;
}

}  // namespace

/// Tells a run that nobody needs its result any more. Threads: any.
class CheckerCheck::Cancellation {
 public:
  Cancellation() : m_event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  void cancel() { eventfd_write(m_event.get(), 1); }
  /// Readable once cancelled. -1 if the process had no descriptor left; then the run ends by itself.
  int descriptor() const { return m_event.get(); }

 private:
  Descriptor m_event;
};

CheckerCheck::CheckerCheck(SessionEnvironment& environment, SessionLoop& loop, std::shared_ptr<const Study> study,
                           int task_number, StateRecorder& states, std::function<void(const Failure&)> failed)
    : m_environment(environment),
      m_loop(loop),
      m_study(std::move(study)),
      m_task_number(task_number),
      m_states(states),
      m_failed(std::move(failed)) {
  check_invariant();
}

CheckerCheck::~CheckerCheck() { cancel(); }

void CheckerCheck::cancel() {
  if (m_cancellation) std::exchange(m_cancellation, nullptr)->cancel();
}

void CheckerCheck::command_ended(const CommandRecord& command) {
  const InvariantScope invariant(*this);
  m_has_news = true;
  m_last.reset();
  m_commands.push_back(command_line_of(command));
  m_command_bytes += m_commands.back().size();
  while (m_command_bytes > limits::checker_commands) {
    m_command_bytes -= m_commands.front().size();
    m_commands.pop_front();
  }
}

void CheckerCheck::at_the_end(bool command_runs) {
  m_is_wanted =
      task().checker.when != CheckerRuns::hand_in && task().hand_in != HandIn::button && (command_runs || !m_last);
}

void CheckerCheck::use(std::shared_ptr<SandboxHandle> sandbox) {
  const InvariantScope invariant(*this);
  m_sandbox = std::move(sandbox);
  m_lifeline.cut();
  cancel();
  m_commands.clear();
  m_command_bytes = 0;
  m_last.reset();
  m_has_news = m_is_handed_in = m_is_wanted = false;
}

bool CheckerCheck::is_due() const {
  const CheckerRuns when = task().checker.when;
  if (m_is_handed_in && (when != CheckerRuns::each_command || !m_last)) return true;
  return m_is_wanted || (m_has_news && when != CheckerRuns::hand_in);
}

std::shared_ptr<CheckerCheck::Run> CheckerCheck::make_run() {
  auto run = std::make_shared<Run>();
  run->look = m_states.begin();
  run->cancellation = m_cancellation = std::make_shared<Cancellation>();
  RunSpec& spec = run->spec;
  spec.id = "check-" + random_token(m_environment.random, 8);
  spec.owner = m_environment.worker;
  Bytes commands;
  commands.reserve(m_command_bytes);
  for (const Bytes& line : m_commands) commands += line;
  prepare_checker_run(spec, task(), std::move(commands));
  spec.cancelled = m_cancellation->descriptor();
  return run;
}

void CheckerCheck::run(Mode /*mode*/, std::function<void(Result)> done) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(m_sandbox && done);
  TELLINA_ASSERT(!m_cancellation);
  const bool was_handed_in = m_is_handed_in;
  const bool is_run_due = is_due();
  m_is_handed_in = m_is_wanted = false;
  if (!is_run_due) {
    Result nothing_new;
    if (was_handed_in) nothing_new.progress = m_last;
    nothing_new.is_idle = true;
    return done(nothing_new);
  }
  m_has_news = false;
  const std::shared_ptr<Run> run = make_run();
  m_sandbox->inspect(
      [run](Sandbox& sandbox) {
        FileTree home = sandbox.snapshot(whole_home());
        run->has_raced = home.raced;
        if (run->look) run->look->see_and_keep(home);
        if (home.truncated || lacks_content(home.root)) {
          throw Error(ErrorCode::unsupported, "the home holds more than " + std::to_string(limits::checked_entries) +
                                                  " entries or " +
                                                  std::to_string(limits::checked_content / 1024 / 1024) + " MiB");
        }
        run->spec.home = std::move(home);
      },
      m_loop.guarded(m_lifeline.guarded([this, run, done = std::move(done)](const std::exception_ptr& error) {
        if (error) return done(result_of(*run, error));
        run_program(run, done);
      })),
      memory_for(whole_home()));
}

void CheckerCheck::run_program(const std::shared_ptr<Run>& run, std::function<void(Result)> done) {
  SandboxHandle::Done finish = m_loop.guarded(m_lifeline.guarded(
      [this, run, done = std::move(done)](const std::exception_ptr& error) { done(result_of(*run, error)); }));
  m_environment.pool.submit(
      BlockingPool::Use::program,
      [run, &environment = m_environment, finish = std::move(finish)]() mutable {
        std::exception_ptr error;
        try {
          guard_plugin_call("sandbox \"" + environment.sandbox_plugin + "\"", [&] {
            run->spec.start_deadline =
                environment.backend_facts ? environment.backend_facts->start_deadline() : limits::quick_start;
            const RunResult result = environment.sandboxes.run(run->spec);
            run->errors = result.errors;
            run->verdict = read_verdict(result, run->spec.time_limit);
          });
        } catch (...) {
          error = std::current_exception();
        }
        run->spec = RunSpec();
        environment.loop.post([finish = std::move(finish), error] { finish(error); });
      },
      memory_of(run->spec.home.root) + memory_of(run->spec.folder.root));
}

TaskCheck::Result CheckerCheck::failed(const Failure& failure) {
  m_failed(failure);
  Result result;
  result.is_idle = !m_has_news;
  return result;
}

TaskCheck::Result CheckerCheck::result_of(const Run& run, const std::exception_ptr& error) {
  const InvariantScope invariant(*this);
  m_cancellation.reset();
  m_states.finish(run.look, error || run.has_raced ? std::nullopt : run.verdict.progress);
  if (error) {
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& failure) {
      return failed({failure.what(), ""});
    }
  }
  if (!run.verdict.progress) return failed({run.verdict.failure, run.errors});
  Result result;
  result.progress = run.verdict.progress;
  result.is_idle = !m_has_news;
  if (run.has_raced) {
    // An entry may be missing in the copy.
    result.progress->passed = false;
    result.is_inconclusive = true;
    m_is_wanted = task().checker.when != CheckerRuns::hand_in;
    return result;
  }
  if (!m_has_news) m_last = result.progress;
  return result;
}

void CheckerCheck::check_invariant() const {
  TELLINA_ASSERT(m_task_number >= 1 && static_cast<std::size_t>(m_task_number) <= m_study->tasks.size());
  TELLINA_ASSERT(task().type == TaskType::command);
  TELLINA_ASSERT(!m_commands.empty() || m_command_bytes == 0);
  TELLINA_ASSERT(!m_last || !m_has_news);
  TELLINA_ASSERT(m_sandbox || !m_cancellation);
}

}  // namespace tellina
