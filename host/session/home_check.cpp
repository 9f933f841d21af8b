#include "host/session/home_check.hpp"

#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/study/snapshot_limits.hpp"
#include "host/study/tree_compare.hpp"

namespace tellina {
namespace {

/// Throws Error(internal) if a backend breaks its promises about versions.
void check_version(const FileTree& home, const SnapshotRequest& request) {
  if (home.version.size() > limits::snapshot_version) {
    throw Error(ErrorCode::internal, "expected a version of a snapshot of at most " +
                                         std::to_string(limits::snapshot_version) + " bytes, got one of " +
                                         std::to_string(home.version.size()));
  }
  if (home.unchanged && request.unless.empty()) {
    throw Error(ErrorCode::internal, "expected a snapshot, got that nothing has changed since none");
  }
}

}  // namespace

HomeCheck::HomeCheck(SessionEnvironment& environment, SessionLoop& loop, std::shared_ptr<const Study> study,
                     int task_number, StateRecorder& states)
    : m_environment(environment),
      m_loop(loop),
      m_study(std::move(study)),
      m_task_number(task_number),
      m_request(snapshot_request_for(task().filesystem_answer, task().root)),
      m_states(states) {}

void HomeCheck::use(std::shared_ptr<SandboxHandle> sandbox) {
  const InvariantScope invariant(*this);
  m_sandbox = std::move(sandbox);
  m_lifeline.cut();
  forget_last();
}

void HomeCheck::forget_last() {
  m_last_activity.reset();
  m_last_version.clear();
  m_last_progress.reset();
}

void HomeCheck::run(Mode mode, std::function<void(Result)> done) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(m_sandbox && done);
  auto seen = std::make_shared<Seen>();
  seen->look = m_states.begin();
  SnapshotRequest request = m_states.widened(m_request);
  const std::size_t memory = memory_for(request);
  seen->is_wide = !request.content_of;
  if (seen->is_wide == m_last_is_wide) request.unless = m_last_version;
  m_sandbox->inspect(
      [mode, seen, last = m_last_activity, request = std::move(request), narrow = m_request, study = m_study,
       number = m_task_number](Sandbox& sandbox) {
        // Read before the snapshot, so that anything that runs meanwhile counts as later activity.
        seen->activity = sandbox.activity();
        if (mode == Mode::if_changed && seen->activity.is_known && seen->activity == last) return;
        FileTree home = sandbox.snapshot(request);
        check_version(home, request);
        if (home.truncated && seen->is_wide) {
          seen->is_wide = false;
          home = sandbox.snapshot(narrow);
          check_version(home, narrow);
        }
        if (!home.truncated && !home.raced) seen->version = home.version;
        seen->is_unchanged = home.unchanged;
        if (home.unchanged) {
          if (seen->look) seen->look->see_unchanged();
          return;
        }
        const Task& task = study->tasks[static_cast<std::size_t>(number) - 1];
        seen->progress = compare_trees(task.initial, task.filesystem_answer, home, task.root, task.answer_ranges);
        seen->has_raced = home.raced;
        if (seen->look) seen->look->see(home);
      },
      m_loop.guarded(m_lifeline.guarded(
          [this, seen, done = std::move(done)](const std::exception_ptr& error) { done(result_of(*seen, error)); })),
      memory);
}

void HomeCheck::check_invariant() const {
  TELLINA_ASSERT(m_task_number >= 1 && static_cast<std::size_t>(m_task_number) <= m_study->tasks.size());
  // An activity belongs to the current sandbox.
  TELLINA_ASSERT(m_sandbox || !m_last_activity);
  TELLINA_ASSERT(m_last_version.empty() || m_last_progress);
}

TaskCheck::Result HomeCheck::result_of(const Seen& seen, const std::exception_ptr& error) {
  Result result;
  if (error) {
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& failure) {
      m_environment.fault_log->warning("home check", std::string("cannot check the home directory: ") + failure.what(),
                                       m_environment.loop.clock().now());
    }
    // The shell may have restarted, or the backend is slow.
    result.is_inconclusive = true;
    forget_last();
    return result;
  }
  if (seen.progress) {
    m_last_progress = seen.progress;
    m_last_version = seen.version;
    m_last_is_wide = seen.is_wide;
  }
  result.progress = seen.is_unchanged ? m_last_progress : seen.progress;
  result.is_inconclusive = seen.has_raced;
  m_states.finish(seen.look, seen.has_raced ? std::nullopt : result.progress);
  // If the shell was alone and nothing changed between two checks, no job that has ended can change anything more.
  result.is_idle = seen.activity.is_known && seen.activity.shell_is_alone && seen.activity == m_last_activity;
  m_last_activity = seen.activity;
  return result;
}

}  // namespace tellina
