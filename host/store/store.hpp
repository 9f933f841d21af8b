#pragma once

/// The study's record in one SQLite file, and the only door to it.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/store/records.hpp"
#include "tellina/error.hpp"
#include "tellina/log.hpp"

namespace tellina {

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
  bool taken_over = false;       ///< where acquired: a running task session was left by a dead or stopped owner
  std::string previous_owner;    ///< where taken over
};

/// One transaction's view. Methods throw StoreError or LeaseLost; what a job threw leaves no trace in the file.
class StoreTransaction {
 public:
  virtual ~StoreTransaction() = default;

  // Participants and logins.
  virtual std::optional<ParticipantId> find_participant(const std::string& access_code) = 0;
  virtual std::optional<ParticipantProgress> find_progress(ParticipantId participant) = 0;
  /// `token_hash`: hexadecimal SHA-256 of the cookie.
  virtual void add_login(ParticipantId participant, const std::string& token_hash, Moment at) = 0;
  virtual std::optional<ParticipantId> find_login(const std::string& token_hash) = 0;

  // Workers and leases (3 s, renewed every second).
  virtual void register_worker(const WorkerIdentity& worker, Moment at) = 0;
  /// Marks the workers whose process is gone, lets their leases lapse now, and returns their ids (for sweep).
  virtual std::vector<std::string> retire_dead_workers(Moment at) = 0;
  virtual LeaseResult acquire_lease(ParticipantId participant, const std::string& worker, Moment at) = 0;
  /// Renews all leases of a worker; returns the participants it still holds.
  virtual std::vector<ParticipantId> renew_leases(const std::string& worker, Moment at) = 0;
  virtual void release_lease(const Fence& fence, Moment at) = 0;
  /// Participants with a running task session that no live worker owns.
  virtual std::vector<ParticipantId> find_orphans(Moment at) = 0;

  // Task sessions.
  virtual TaskSessionRow begin_task_session(const Fence& fence, int task_number, const std::string& task_type,
                                            const std::string& stream, const std::string& sandbox, Moment at) = 0;
  virtual void set_sandbox(const Fence& fence, TaskSessionId session, const std::string& sandbox) = 0;
  /// Appends records, ends the task session in `state`, counts the state up, all or nothing.
  virtual void end_task_session(const Fence& fence, TaskSessionId session, TaskSessionState state,
                                std::chrono::nanoseconds charged, Moment at) = 0;
  virtual void append(const Fence& fence, TaskSessionId session, const std::vector<Record>& records) = 0;
};

/// Owns the connection and the one thread that uses it.
///
/// Jobs run in the order submitted, many in one transaction (group commit: a transaction ends when the queue is
/// empty or 10 ms are over). A job that throws is undone alone; its `done` gets the exception.
/// Threads: any may submit. `done` runs on the store's thread after the commit, so it should only post.
/// The destructor runs what was submitted, commits and closes.
class Store {
 public:
  using Job = std::function<void(StoreTransaction&)>;
  using Done = std::function<void(std::exception_ptr)>;

  /// Creates or migrates the file. Throws StoreError with a hint where it is locked, read-only, corrupt, not a
  /// database, of a newer version, or on a full disk; then nothing in it has been changed.
  static std::unique_ptr<Store> open(const std::string& path, const Clock& clock, Log& log);

  virtual ~Store() = default;
  virtual void submit(Job job, Done done) = 0;

  /// Submits and waits; rethrows what the job threw. For start-up, commands and tests.
  void run(const Job& job);
};

/// What `tellina participants` and the start of a study do; each throws StoreError.
class ParticipantSummary {
 public:
  ParticipantSummary() = default;
  std::string access_code;
  std::string state;  ///< "new", "ready", "running" or "finished"
  int tasks_ended = 0;
  int attempt = 1;
};

}  // namespace tellina
