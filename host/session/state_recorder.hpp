#pragma once

/// Records the home as the checks of a task read it.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/runtime/lifeline.hpp"
#include "host/session/content_queue.hpp"
#include "host/session/recorder.hpp"
#include "host/session/sandbox_handle.hpp"
#include "host/study/task.hpp"
#include "host/study/tree_listing.hpp"

namespace tellina {

/// A row is due after each command, for files that have changed without one (a program that still runs, a background
/// job), for a check that passes the task, and again after a snapshot during which files changed. No snapshot is taken
/// for it, except for one at the start of each sandbox: a command that no check has looked at has no row.
///
/// Threads: the loop's; a look is filled on the blocking pool.
class StateRecorder {
 public:
  class Callbacks {
   public:
    std::function<std::int64_t()> commands_begun;  ///< number of the newest command; 0 before the first
    std::function<bool()> command_runs;            ///< something may change files now
  };
  class Look;

  StateRecorder(SessionEnvironment& environment, SessionLoop& loop, Recorder& recorder,
                std::shared_ptr<const Study> study, int task_number, Callbacks callbacks);

  /// Another sandbox, or none, is in use. Looks at a fresh one before any command runs.
  void use(const std::shared_ptr<SandboxHandle>& sandbox, bool is_fresh);
  void command_ended(std::int64_t number);

  /// The snapshot for a check that would take `narrow`: of a small home all contents, so that the record has them. If
  /// it is truncated, the check takes `narrow`.
  SnapshotRequest widened(const SnapshotRequest& narrow) const;
  /// Before a snapshot: what it has to fill. Null if this task's states are not recorded.
  std::shared_ptr<Look> begin() const;
  /// After the check: `verdict` is absent if it has none.
  void finish(const std::shared_ptr<Look>& look, const std::optional<Progress>& verdict);

  void check_invariant() const;

 private:
  /// What looks at one sandbox are compared with. The pool reads it during a look; the loop writes it between looks.
  struct Chain {
    std::shared_ptr<const StartTimes> start;      ///< null before the first look
    std::shared_ptr<const TreeListing> seen;      ///< by the last look
    std::shared_ptr<const TreeListing> recorded;  ///< by the last row; null before the first
    std::string recorded_sha256;
  };

  const Task& task() const { return m_study->tasks[static_cast<std::size_t>(m_task_number) - 1]; }
  bool is_due(const Look& look, const std::optional<Progress>& verdict) const;
  void record(const Look& look, const std::optional<Progress>& verdict);
  void keep_contents(Look& look);

  SessionEnvironment& m_environment;
  SessionLoop& m_loop;
  Recorder& m_recorder;
  const std::shared_ptr<const Study> m_study;
  const int m_task_number;
  const Callbacks m_callbacks;
  const bool m_is_on;
  std::shared_ptr<Chain> m_chain = std::make_shared<Chain>();
  std::uint64_t m_content_size;  ///< of the last home, or of the initial one
  /// The last command that has ended without a row, and how many had begun by then.
  std::optional<std::int64_t> m_ended{};
  std::int64_t m_begun_at_end = 0;
  std::int64_t m_last_number = 0;  ///< of the last command that has ended
  bool m_is_uncertain = false;     ///< the last row is of a snapshot during which files changed
  bool m_has_passed = false;       ///< the last row passes the task
  std::uint64_t m_kept = 0;        ///< bytes of contents that are not those of the start
  Lifeline m_lifeline;             ///< cut with each new sandbox
};

/// One snapshot, on its way to the record. Made on the loop, filled by see() or see_unchanged() on the pool.
class StateRecorder::Look {
 public:
  Look(std::shared_ptr<const Chain> chain, std::shared_ptr<const Study> study, const Task& task, Timestamp at)
      : m_chain(std::move(chain)), m_study(std::move(study)), m_task(task), m_at(at) {}

  /// Lists the home, and takes all contents from it.
  void see(FileTree& home);
  /// The same, but copies those that are new.
  void see_and_keep(FileTree& home);
  /// The home is as at the last look.
  void see_unchanged();

 private:
  friend class StateRecorder;

  void list(const FileTree& home);
  void compare();
  void take_contents(const std::string& prefix, FileNode& directory, const FileNode* initial, bool keeps);

  const std::shared_ptr<const Chain> m_chain;
  const std::shared_ptr<const Study> m_study;
  const Task& m_task;
  const Timestamp m_at;

  std::shared_ptr<const TreeListing> m_listing{};  ///< null until the home is seen
  std::shared_ptr<const StartTimes> m_start{};
  std::string m_sha256;
  std::optional<ListedChanges> m_changes{};  ///< absent for a first state
  std::vector<SharedContent> m_initial_contents;
  std::vector<SharedContent> m_new_contents;
  bool m_has_raced = false;
};

}  // namespace tellina
