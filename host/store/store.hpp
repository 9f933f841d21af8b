#pragma once

/// The study's record in one SQLite file, and the only door to it.

#include <chrono>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "host/runtime/histogram.hpp"
#include "host/store/ownership.hpp"
#include "host/study/records.hpp"
#include "tellina/error.hpp"
#include "tellina/log.hpp"

namespace tellina {

class Study;

/// The database cannot be used, or a write failed for a reason outside this program (disk full, read-only, locked).
class StoreError : public Error {
 public:
  using Error::Error;
};

/// A newer owner has the participant: the writer must stop at once and forget its session.
class LeaseLost : public Error {
 public:
  explicit LeaseLost(const Fence& fence);
};

/// Who may run a participant's session, as acquire_lease() found it.
class LeaseResult {
 public:
  LeaseResult() = default;
  bool acquired = false;
  std::string owner;             ///< another live worker, where not acquired
  Fence fence;                   ///< where acquired
  ParticipantProgress progress;  ///< where acquired
  /// Where acquired: names of the streams of all task sessions that the participant has ever had.
  std::set<std::string> streams{};
  bool taken_over = false;     ///< where acquired: a running task session was left by a dead or stopped owner
  std::string previous_owner;  ///< where taken over
  bool left_in_order = false;  ///< where taken over: the owner gave the lease back, and all it had is recorded
};

/// A participant as `tellina participants list` shows them.
class ParticipantSummary {
 public:
  ParticipantSummary() = default;
  ParticipantId id = 0;
  std::string access_code;
  std::string state;       ///< "new", "ready", "running" or "finished", of the current attempt
  int tasks_ended = 0;     ///< in the current attempt
  int attempt = 1;         ///< grows with every reset
  bool can_log_in = true;  ///< false once config.json no longer lists the code
  int task = 1;            ///< number of the task that runs or comes next; one more than there are when finished
  /// Of the running task: how much of its time is used up.
  std::optional<std::chrono::nanoseconds> charged;
  std::chrono::nanoseconds duration{};  ///< of the running task; zero where an older version has begun it
  std::map<std::string, int> outcomes;  ///< tasks ended in the current attempt, by state
  bool is_connected = false;            ///< a page has the session now
  std::string last_key_at;              ///< UTC; empty where nothing was typed, or no bytes are recorded
};

/// The study in numbers, for /metrics.
class StudyCounts {
 public:
  StudyCounts() = default;
  std::map<std::string, std::int64_t> participants;           ///< who may log in, by ParticipantSummary::state
  std::map<std::pair<int, std::string>, std::int64_t> ended;  ///< of all attempts, by task number and state
  std::vector<std::string> workers;                           ///< ids of those that live
};

/// One transaction's view. Methods throw StoreError or LeaseLost; what a job threw leaves no trace in the file.
class StoreTransaction {
 public:
  virtual ~StoreTransaction() = default;

  // Participants and logins.

  /// Absent where nobody has the code, or where it may not log in (see sync_access_codes).
  virtual std::optional<ParticipantId> find_participant(const std::string& access_code) = 0;
  /// A running task session that a live worker owns is charged up to now, any other up to its last renewal.
  virtual std::optional<ParticipantProgress> find_progress(ParticipantId participant) = 0;
  /// `token_hash`: hexadecimal SHA-256 of the cookie.
  virtual void add_login(ParticipantId participant, const std::string& token_hash, Timestamp at) = 0;
  /// Absent also where the participant may no longer log in.
  virtual std::optional<ParticipantId> find_login(const std::string& token_hash) = 0;

  // Workers and leases (renewed every second).

  /// Before the worker's first lease.
  virtual void register_worker(const WorkerIdentity& worker, Timestamp at) = 0;
  /// Marks the workers whose process is gone, lets their leases lapse now, and returns their ids (for sweep).
  virtual std::vector<std::string> retire_dead_workers(Timestamp at) = 0;
  /// A lease is live while its worker is not retired, the machine has not been restarted, and the last renewal is
  /// less than 3 s old. The same worker asking again keeps its fence. Taking over charges the running task session up
  /// to the last renewal, and records an event "interrupted" with the time in which nobody owned it.
  virtual LeaseResult acquire_lease(ParticipantId participant, const std::string& worker, Timestamp at) = 0;
  /// Renews all leases of a worker; returns the participants it still holds.
  virtual std::vector<ParticipantId> renew_leases(const std::string& worker, Timestamp at) = 0;
  /// Charges a running task session up to `at`; from then on nothing is charged until somebody acquires the lease. The
  /// owner's last write: its sandbox is gone, and what it had of both streams is recorded. `in_order`: nothing is in
  /// doubt either of what an owner before it may have typed.
  virtual void release_lease(const Fence& fence, Timestamp at, bool in_order) = 0;
  /// Participants with a running task session that no live worker owns.
  virtual std::vector<ParticipantId> find_orphans(Timestamp at) = 0;
  /// Ids of the sandboxes of all running task sessions of all owners.
  virtual std::vector<std::string> find_sandboxes_in_use() = 0;

  // Task sessions. A write to one that is not running, or not of the fence's participant, throws StoreError.

  virtual TaskSessionRow begin_task_session(const Fence& fence, int task_number, const std::string& task_type,
                                            const std::string& stream, const std::string& sandbox, Timestamp at,
                                            const TaskSettings& settings = {}) = 0;
  virtual void set_sandbox(const Fence& fence, TaskSessionId session, const std::string& sandbox) = 0;
  /// So much of a running task session's time is charged, and it is charged on from `since`; absent: its clock stands.
  virtual void set_clock(const Fence& fence, TaskSessionId session, std::chrono::nanoseconds charged,
                         std::optional<MonotonicTime> since) = 0;
  /// Ends the task session in `state` and counts the state up. With append() in the same job: all or nothing.
  virtual void end_task_session(const Fence& fence, TaskSessionId session, TaskSessionState state,
                                std::chrono::nanoseconds charged, Timestamp at) = 0;
  /// Input and output must continue at the recorded end of their stream, and a gap must start there; anything else
  /// throws StoreError naming both offsets. Records without bytes leave nothing. With `no_task_session` the records,
  /// which must be events, are the participant's.
  virtual void append(const Fence& fence, TaskSessionId session, const std::vector<Record>& records) = 0;

  // The study: what its start and `tellina participants` do.

  /// Makes config.json's list the list of who may log in, beside those that add_participant() let in. Participants
  /// whose code is no longer listed stay in the file; they, and their cookies, are let in no more.
  virtual void sync_access_codes(const std::vector<std::string>& access_codes, Timestamp at) = 0;
  /// Lets a code in whatever config.json lists. Throws StoreError(bad_request) where it may log in already.
  virtual void add_participant(const std::string& access_code, Timestamp at) = 0;
  /// In the order in which they were added. `total_tasks`: how many the study has.
  virtual std::vector<ParticipantSummary> list_participants(int total_tasks) = 0;
  virtual StudyCounts count_study(int total_tasks) = 0;
  /// Starts a new attempt, from the first task. All that was recorded stays, marked with its attempt and `reset_at`;
  /// logins stay valid; a worker that has the participant's lease loses it. Throws StoreError(not_found).
  virtual void reset_participant(const std::string& access_code, Timestamp at) = 0;
  /// Keeps the definitions of the study's tasks. Throws ConfigError, one line for each task that a participant has
  /// started in the current attempt and that is now another or gone; `file` is how messages call the configuration.
  virtual void sync_tasks(const Study& study, const std::string& file, Timestamp at) = 0;
};

/// Owns the connection and the one thread that uses it.
///
/// Jobs run in the order submitted, each once, many in one transaction (group commit: a transaction begins
/// when a job comes that cannot wait, or 40 ms after one that can, and ends when the queue is empty or 10 ms are over).
/// A job that throws is undone alone; its `done` gets the exception. Where the transaction itself fails (disk full,
/// locked), nothing of its jobs is in the file, every one's `done` gets the StoreError, and the submitter may try
/// again; the store continues with what is submitted next. Threads: any may submit. `done` runs on the store's thread
/// after the commit, so it should only post. The destructor runs what was submitted, commits and closes.
class Store {
 public:
  using Job = std::function<void(StoreTransaction&)>;
  using Done = std::function<void(std::exception_ptr)>;

  /// Creates or migrates the file. Throws StoreError with a hint where it is locked, read-only, corrupt, not a
  /// database, of a newer version, or on a full disk; then nothing in it has been changed.
  static std::unique_ptr<Store> open(const std::string& path, const Clock& clock, Log& log);

  virtual ~Store() = default;
  /// `done` may be empty; then a failure is only logged.
  virtual void submit(Job job, Done done) = 0;
  /// The same for a job that nobody waits for: it may lie up to 40 ms, so that many share the cost of one commit.
  virtual void submit_deferred(Job job, Done done) = 0;
  /// Starts a transaction with what waits in the queue at once: somebody waits for a job that was allowed to wait.
  virtual void commit_waiting() = 0;

  /// For /metrics, on any thread: how long commits took, and the file's absolute path. Null and empty where a store
  /// tells nothing of them.
  virtual const Histogram* commit_times() const { return nullptr; }
  virtual std::string path() const { return {}; }

  /// Submits and waits; rethrows what the job threw. For start-up, commands and tests; not from `done`.
  void run(const Job& job);
};

}  // namespace tellina
