#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/runtime/limited_log.hpp"
#include "host/store/log_sync.hpp"
#include "host/store/open_files.hpp"
#include "host/store/transaction.hpp"

namespace tellina {

/// The store: a queue of jobs and the one thread that runs them.
class Writer final : public Store {
 public:
  /// `syncs_log`: the write-ahead log is synced once a second.
  Writer(std::unique_ptr<Database> database, const Clock& clock, Log& log, std::string boot_id, bool syncs_log);
  ~Writer() override;
  void submit(Job job, Done done) override;
  void submit_deferred(Job job, Done done) override;
  void commit_waiting() override;
  const Histogram* commit_times() const override { return &m_commit_times; }
  std::string path() const override { return m_database->path(); }

 private:
  friend class InvariantScope<Writer>;

  struct Entry {
    Job job;
    Done done;
    std::exception_ptr error{};
  };

  /// With m_mutex held. A failed assertion ends the process, because queued jobs are acknowledged only after their
  /// commit.
  void check_invariant() const;
  bool is_due() const { return m_must_commit || m_closing || m_queue.size() >= limits::commit_records; }
  void run_thread();
  /// Waits for work; false when the queue is empty and the store is closing.
  bool wait();
  std::optional<Entry> take();
  std::vector<Entry> take_all();
  /// Runs one transaction, from BEGIN to COMMIT.
  void run_group();
  void run_job(Entry& entry, std::vector<Entry>& group);
  void commit(std::vector<Entry>& group);
  void roll_back();
  void report(std::vector<Entry>& group);

  std::unique_ptr<Database> m_database;
  const Clock& m_clock;
  Log& m_log;
  LimitedLog m_fault_log;  ///< for what fails with each job while the file cannot be written
  Transaction m_transaction;
  const OpenFiles m_files;
  std::unique_ptr<LogSync> m_log_sync;  ///< null if only SQLite syncs the log
  Histogram m_commit_times;

  std::mutex m_mutex;
  std::condition_variable m_changed;
  std::deque<Entry> m_queue;
  bool m_must_commit = false;
  bool m_closing = false;
  std::uint64_t m_submitted = 0;  ///< jobs so far
  std::uint64_t m_taken = 0;      ///< jobs that have left the queue
  std::thread m_thread;
};

}  // namespace tellina
