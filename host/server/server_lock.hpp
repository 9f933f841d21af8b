#pragma once

#include <string>

namespace tellina {

/// Prevents a second server from using a database. It locks the file with flock(2), which SQLite does not use; the
/// kernel releases the lock when the process ends, however it ends. Programs that only read or change the database,
/// such as `tellina participants`, do not take this lock.
class ServerLock {
 public:
  enum class Kind {
    alone,   ///< a server with all its workers
    worker,  ///< one of several workers that somebody started by hand, perhaps in addition to a complete server
  };

  /// Creates an empty file if there is none. Waits at most one second for a server that is ending. Throws
  /// StoreError(busy) if another server uses the database. If the file cannot be opened, does nothing: opening the
  /// store reports the reason.
  ServerLock(const std::string& database, Kind kind);
  ServerLock(const ServerLock&) = delete;
  ServerLock& operator=(const ServerLock&) = delete;
  /// Destroyed after the store is closed, because closing a file drops SQLite's locks on it in this process.
  ~ServerLock();

 private:
  int m_descriptor = -1;
};

}  // namespace tellina
