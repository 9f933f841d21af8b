#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "tellina/log.hpp"

namespace tellina {

/// Makes commits survive a failure of the machine: syncs the database's write-ahead log once a second, if there was a
/// commit, on a thread of its own. Nobody waits for it.
///
/// Threads: any.
class LogSync {
 public:
  /// `path`: of the write-ahead log. `name`: its name in messages. `log` must outlive the object.
  LogSync(std::string path, std::string name, Log& log);
  LogSync(const LogSync&) = delete;
  LogSync& operator=(const LogSync&) = delete;
  /// Syncs what was committed.
  ~LogSync();

  void note_commit() { m_has_commits.store(true, std::memory_order_release); }
  /// How often the log was synced.
  std::uint64_t count() const { return m_count.load(); }

 private:
  void run();
  void sync();

  const std::string m_path;
  const std::string m_name;
  Log& m_log;
  std::atomic<bool> m_has_commits = false;
  std::atomic<std::uint64_t> m_count = 0;
  bool m_has_failed = false;  ///< the last sync
  std::mutex m_mutex;
  std::condition_variable m_closes;
  bool m_closing = false;
  std::thread m_thread;
};

}  // namespace tellina
