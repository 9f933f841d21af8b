#pragma once

/// The study's record in one SQLite file. All access to the file goes through this room.

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
#include "host/store/environment_record.hpp"
#include "host/store/joining.hpp"
#include "host/store/ownership.hpp"
#include "host/store/participant_steps.hpp"
#include "host/study/durability.hpp"
#include "host/study/records.hpp"
#include "tellina/error.hpp"
#include "tellina/log.hpp"

namespace tellina {

struct Study;

/// The database is unusable, or a write failed for a reason outside this program (disk full, read-only, locked).
class StoreError : public Error {
 public:
  using Error::Error;
  /// Whether the cause, such as a full disk, may end without a restart of this program.
  bool is_temporary() const;
};

/// What happens if the database to be opened is missing.
enum class Opening : std::uint8_t {
  create,   ///< it is created
  existing  ///< the opening fails
};

/// The participant has a newer owner: the writer must stop at once and discard its session.
class LeaseLost : public Error {
 public:
  explicit LeaseLost(const Fence& fence);
};

/// Whether a lease that has lapsed may be taken from a worker whose process lives. Any worker may take it if the
/// process is gone or the machine has restarted.
enum class LapsedLease : std::uint8_t {
  stays,   ///< it may not: perhaps no worker could renew its leases
  is_free  ///< it may: other workers could renew theirs, so its worker hangs
};

/// The result of acquire_lease(): who may run a participant's session.
class LeaseResult {
 public:
  LeaseResult() = default;
  bool acquired = false;
  std::string owner;             ///< if not acquired: another live worker
  Fence fence;                   ///< if acquired
  ParticipantProgress progress;  ///< if acquired
  /// If acquired: the stream names of all task sessions that the participant has ever had.
  std::set<std::string> streams{};
  bool taken_over = false;     ///< if acquired: a dead or stopped owner left a running task session
  std::string previous_owner;  ///< if taken over
  /// If taken over: the owner returned the lease, and everything that it received is recorded.
  bool released_in_order = false;
};

/// A participant as `tellina participants list` shows it.
class ParticipantSummary {
 public:
  ParticipantSummary() = default;
  ParticipantId id = 0;
  std::string access_code;
  std::string state;       ///< "new", "ready", "running" or "finished", of the current attempt
  int tasks_ended = 0;     ///< in the current attempt
  int attempt = 1;         ///< increases with every reset
  bool can_log_in = true;  ///< false once config.json no longer lists the code
  int task = 1;            ///< number of the running or next task; after the last task, one more than the last number
  /// How much of the running task's time is used.
  std::optional<std::chrono::nanoseconds> charged;
  std::chrono::nanoseconds duration{};  ///< of the running task; zero if an older version began it
  std::map<std::string, int> outcomes;  ///< tasks ended in the current attempt, by state
  bool is_connected = false;            ///< a page is attached to the session now
  std::string last_key_at;              ///< UTC; empty if nothing was typed or bytes are not recorded
};

/// A scripted participant.
class BotSummary {
 public:
  BotSummary() = default;
  std::string access_code;
  std::string label;  ///< "P001"
  std::string group;  ///< empty: none yet, or the study has none
  std::optional<Outcome> outcome{};
};

/// Who a participant is, for commands that name one.
class ParticipantIdentity {
 public:
  ParticipantIdentity() = default;
  std::string label;  ///< "P001"
  std::string access_code;
  bool can_log_in = true;
  std::optional<Outcome> outcome{};  ///< of the current attempt
  std::string completion_code;       ///< generated for that outcome; empty: none
};

/// The study's numbers for /metrics.
class StudyCounts {
 public:
  StudyCounts() = default;
  std::map<std::string, std::int64_t> participants;           ///< those who may log in, by ParticipantSummary::state
  std::map<std::pair<int, std::string>, std::int64_t> ended;  ///< of all attempts, by task number and state
  std::vector<std::string> workers;                           ///< ids of those that are alive
};

/// One transaction. Methods throw StoreError or LeaseLost. If a job throws, none of its writes stays in the file.
class StoreTransaction {
 public:
  virtual ~StoreTransaction() = default;

  // Participants and logins.

  /// Absent if nobody has the code, or if it may not log in (see sync_access_codes).
  virtual std::optional<ParticipantId> find_participant(const std::string& access_code) = 0;
  /// Charges a running task session up to now if a live worker owns it, and up to its last renewal otherwise.
  virtual std::optional<ParticipantProgress> find_progress(ParticipantId participant) = 0;
  /// `token_hash`: hexadecimal SHA-256 of the cookie. Removes expired logins, and the participant's oldest ones if they
  /// are too many (limits::login_lifetime and kept_logins).
  virtual void add_login(ParticipantId participant, const std::string& token_hash, Timestamp at) = 0;
  /// The participant of a stage with an external id: adds one if there is none and there may be another.
  virtual JoinResult join(const JoinRequest& request, Timestamp at) = 0;
  /// Absent also if the login has expired, or if the participant may no longer log in.
  virtual std::optional<ParticipantId> find_login(const std::string& token_hash) = 0;

  // Workers and leases (renewed every second).

  /// Called before the worker's first lease. `backend`: what runs its sandboxes.
  virtual void register_worker(const WorkerIdentity& worker, Timestamp at,
                               const SandboxBackendChoice& backend = {}) = 0;
  /// Marks the workers whose process is gone, expires their leases, and returns their ids.
  virtual std::vector<std::string> retire_dead_workers(Timestamp at) = 0;
  /// Makes `worker` responsible for removing the sandboxes of the retired workers that used `backend`, with the same
  /// settings, or an unknown one, unless another worker that is not retired is responsible. Returns their ids until
  /// record_sweep(). If `worker` dies before that, the next worker becomes responsible.
  virtual std::vector<std::string> claim_sweeps(const std::string& worker, const SandboxBackendChoice& backend) = 0;
  /// The same for the retired workers that used other plugins, or other settings: their sandboxes may be elsewhere.
  virtual std::vector<UnsweptWorker> claim_sweeps_of_others(const std::string& worker,
                                                            const SandboxBackendChoice& backend) = 0;
  /// Records that nothing is left of a retired worker's sandboxes.
  virtual void record_sweep(const std::string& retired, Timestamp at) = 0;
  /// A lease is live while its worker is not retired, the machine has not restarted, and the last renewal is less than
  /// 3 s old. A worker that asks again keeps its fence. A take-over charges the running task session up to the last
  /// renewal, and records an event "interrupted" with the time during which nobody owned it.
  virtual LeaseResult acquire_lease(ParticipantId participant, const std::string& worker, Timestamp at,
                                    LapsedLease lapsed = LapsedLease::is_free) = 0;
  /// Renews all leases of a worker; returns the participants that it still owns.
  virtual std::vector<ParticipantId> renew_leases(const std::string& worker, Timestamp at) = 0;
  /// Charges a running task session up to `at`; nothing more is charged until a worker acquires the lease. This is the
  /// owner's last write: its sandbox is gone, and everything that it received of both streams is recorded. `in_order`:
  /// a previous owner did not receive more than it recorded, either.
  virtual void release_lease(const Fence& fence, Timestamp at, bool in_order) = 0;
  /// Participants with a running task session that nobody owns. Call retire_dead_workers() before: here a worker lives
  /// until it is retired.
  virtual std::vector<ParticipantId> find_orphans(Timestamp at, LapsedLease lapsed = LapsedLease::is_free) = 0;
  /// Ids of the sandboxes of all running task sessions of all owners.
  virtual std::vector<std::string> find_sandboxes_in_use() = 0;

  // Task sessions. A write throws StoreError if its task session does not run or belongs to another participant than
  // the fence.

  virtual TaskSessionRow begin_task_session(const Fence& fence, int task_number, const std::string& task_type,
                                            const std::string& stream, const std::string& sandbox, Timestamp at,
                                            const TaskSettings& settings = {}, const TaskPlace& place = {}) = 0;
  /// `state`: what the sandbox's backend wants to know in order to adopt it; at most limits::sandbox_state bytes.
  virtual void set_sandbox(const Fence& fence, TaskSessionId session, const std::string& sandbox,
                           const Bytes& state) = 0;
  /// Sets how much of a running task session's time is charged, and since when it is being charged; `since` absent: its
  /// clock is stopped.
  virtual void set_clock(const Fence& fence, TaskSessionId session, std::chrono::nanoseconds charged,
                         std::optional<MonotonicTime> since) = 0;
  /// Ends the task session in `state` and increments the state number. If append() is in the same job, both succeed or
  /// neither. `cause` absent: the usual one of the state.
  virtual void end_task_session(const Fence& fence, TaskSessionId session, TaskSessionState state,
                                std::chrono::nanoseconds charged, Timestamp at,
                                std::optional<EndCause> cause = std::nullopt) = 0;
  /// Input and output must continue at the recorded end of their stream, and a gap must start there. Otherwise throws
  /// StoreError, which names both offsets. Records without bytes leave no row. With `no_task_session`, the records must
  /// be events; they belong to the participant.
  ///
  /// `handed_over`: a shell has received the input below this offset. The store records that, at most up to the
  /// recorded end of the input, and returns the recorded offset. At a take-over, recorded input above that offset
  /// becomes a gap.
  virtual std::uint64_t append(const Fence& fence, TaskSessionId session, const std::vector<Record>& records,
                               std::uint64_t handed_over = 0) = 0;

  /// Keeps bytes once for the whole record, see BlobTable.
  virtual void keep_content(const std::string& sha256, BytesView bytes) = 0;

  /// The record of a participant's steps, as long as the transaction.
  virtual std::unique_ptr<ParticipantSteps> steps(const Fence& fence) = 0;

  // The study: used by its start and by `tellina participants`.

  /// Lets exactly the codes of config.json log in, and those added by add_participant(). Participants whose code is no
  /// longer listed stay in the file, but neither they nor their cookies can log in.
  virtual void sync_access_codes(const std::vector<std::string>& access_codes, Timestamp at) = 0;
  /// Lets a code log in even if config.json does not list it. Throws StoreError(bad_request) if it can already log in.
  virtual void add_participant(const std::string& access_code, Timestamp at) = 0;
  /// The same for a scripted participant: for the balance of groups, bots and people do not count each other.
  virtual void add_bot(const std::string& access_code, Timestamp at) = 0;
  virtual std::vector<BotSummary> list_bots() = 0;
  /// The people of a stage who have a group and are not excluded, in the order in which they were added.
  virtual std::vector<AssignedParticipant> list_assigned(const std::string& stage, Timestamp at) = 0;
  /// In the order in which they were added. `total_tasks`: how many the study has.
  virtual std::vector<ParticipantSummary> list_participants(int total_tasks) = 0;
  virtual StudyCounts count_study(int total_tasks) = 0;
  /// In the order in which they were added.
  virtual std::vector<ParticipantIdentity> list_identities() = 0;
  /// A key of the database's own: see ParticipantSteps::find_key(). Absent if it has not been needed yet.
  virtual std::optional<Bytes> read_key(const std::string& name) = 0;
  /// Starts a new attempt, from the first task. All records stay, marked with their attempt and `reset_at`. The logins
  /// end. A worker that has the participant's lease loses it. `name`: an access code or, if nobody has this code, a
  /// participant's id ("P001"). Throws StoreError(not_found).
  virtual void reset_participant(const std::string& name, Timestamp at) = 0;
  /// Stores the definitions of the study's tasks. Throws ConfigError, with one line for each task that a participant
  /// has started in the current attempt and that has changed or is missing now. `file`: the configuration's name in
  /// messages.
  virtual void sync_tasks(const Study& study, const std::string& file, Timestamp at) = 0;
  /// Stores what task sessions run with from now on, unless the store has it. Returns its id, for TaskSettings.
  virtual EnvironmentId record_environment(const EnvironmentRecord& environment, Timestamp at) = 0;
  /// The environment that was recorded last of those with the same program, plugins and configuration; the other fields
  /// do not matter.
  virtual std::optional<EnvironmentId> find_environment(const EnvironmentRecord& like) = 0;
};

/// Owns the connection and the one thread that uses it.
///
/// Jobs run once each, in the order submitted, many in one transaction (group commit). A transaction begins when a job
/// arrives that cannot wait, or 40 ms after one that can. It ends when the queue is empty or after 10 ms. If a job
/// throws, only that job is undone; its `done` gets the exception. If the transaction itself fails (disk full, locked),
/// none of its jobs is in the file, the `done` of each gets the StoreError, and the submitter may try again; the store
/// continues with the next jobs. Threads: any may submit. `done` runs on the store's thread after the commit, so it
/// should only post. The destructor runs all submitted jobs, commits and closes.
class Store {
 public:
  using Job = std::function<void(StoreTransaction&)>;
  using Done = std::function<void(std::exception_ptr)>;

  /// Opens and migrates the file, or creates it if `opening` allows that. Throws StoreError with a hint if the file is
  /// locked, read-only, corrupt, not a database, of a newer version, on a full disk, or missing although its log
  /// exists; then nothing in it has changed.
  static std::unique_ptr<Store> open(const std::string& path, const Clock& clock, Log& log,
                                     Durability durability = Durability::second, Opening opening = Opening::create);

  virtual ~Store() = default;
  /// `done` may be empty; then a failure is only logged.
  virtual void submit(Job job, Done done) = 0;
  /// The same for a job that nobody waits for: it may wait up to 40 ms, so that many jobs share the cost of one commit.
  virtual void submit_deferred(Job job, Done done) = 0;
  /// Starts a transaction with all waiting jobs at once, because somebody now waits for a job that was deferred.
  virtual void commit_waiting() = 0;

  /// For /metrics, on any thread: how long commits took, and the file's absolute path. Null and empty if a store does
  /// not measure this.
  virtual const Histogram* commit_times() const { return nullptr; }
  virtual std::string path() const { return {}; }

  /// Submits a job and waits for it; rethrows what the job threw. For start-up, commands and tests. Must not be called
  /// from `done`.
  void run(const Job& job);
};

}  // namespace tellina
