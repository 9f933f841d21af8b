#include "host/store/log_sync.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "host/limits.hpp"
#include "host/runtime/threads.hpp"

namespace tellina {
namespace {

/// Returns what failed, or nothing. SQLite holds no POSIX lock on the log, so closing a descriptor of it drops none.
std::string sync_file(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::string("open: ") + std::strerror(errno);
  const int result = fdatasync(file);
  const int error = errno;
  close(file);
  return result == 0 ? std::string() : std::string("fdatasync: ") + std::strerror(error);
}

}  // namespace

LogSync::LogSync(std::string path, std::string name, Log& log)
    : m_path(std::move(path)),
      m_name(std::move(name)),
      m_log(log),
      m_thread(start_thread("syncing the database", [this] { run(); })) {}

LogSync::~LogSync() {
  {
    const std::lock_guard lock(m_mutex);
    m_closing = true;
  }
  m_closes.notify_one();
  m_thread.join();
  sync();
}

void LogSync::run() {
  std::unique_lock lock(m_mutex);
  while (!m_closes.wait_for(lock, limits::log_sync, [this] { return m_closing; })) {
    lock.unlock();
    sync();
    lock.lock();
  }
}

void LogSync::sync() {
  if (!m_has_commits.exchange(false, std::memory_order_acquire)) return;
  const std::string failure = sync_file(m_path);
  if (failure.empty()) {
    ++m_count;
  } else {
    m_has_commits = true;
    if (!m_has_failed) {
      m_log.error(m_name + ": what was recorded may not survive a loss of power, as it cannot be synced: " + failure);
    }
  }
  if (failure.empty() && m_has_failed) m_log.info(m_name + ": is synced again");
  m_has_failed = !failure.empty();
}

}  // namespace tellina
