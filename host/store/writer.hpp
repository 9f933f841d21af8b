#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "host/store/transaction.hpp"

namespace tellina {

/// The store: a queue of jobs and the one thread that runs them.
class Writer final : public Store {
 public:
  Writer(std::unique_ptr<Database> database, const Clock& clock, Log& log, std::string boot_id);
  ~Writer() override;
  void submit(Job job, Done done) override;
  void submit_in_time(Job job, Done done) override;
  void commit_waiting() override;
  const Histogram* commit_times() const override { return &m_commit_times; }
  std::string path() const override { return m_database->path(); }

 private:
  /// Bounds what one failed commit takes with it.
  static constexpr std::size_t largest_group = 4096;

  class Entry {
   public:
    Entry(Job job_, Done done_) : job(std::move(job_)), done(std::move(done_)) {}
    Job job;
    Done done;
    std::exception_ptr error{};
  };

  bool is_due() const { return m_must_commit || m_closing || m_queue.size() >= largest_group; }
  void run_thread();
  /// Waits for work; false when all is done and the store closes.
  bool wait();
  std::optional<Entry> take();
  std::vector<Entry> take_all();
  /// One transaction, begun to committed.
  void run_group();
  void run_job(Entry& entry, std::vector<Entry>& group);
  void commit(std::vector<Entry>& group);
  void roll_back();
  void report(std::vector<Entry>& group);

  std::unique_ptr<Database> m_database;
  const Clock& m_clock;
  Log& m_log;
  Transaction m_transaction;
  Histogram m_commit_times;

  std::mutex m_mutex;
  std::condition_variable m_changed;
  std::deque<Entry> m_queue;
  bool m_must_commit = false;
  bool m_closing = false;
  std::thread m_thread;
};

}  // namespace tellina
