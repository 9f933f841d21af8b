#pragma once

#include <string>

namespace tellina {

/// Keeps a second server away from a database: a lock on its file (flock(2), which SQLite does not use), which the
/// kernel takes back when the process ends, however it ends. Programs that only read or change the database, such as
/// `tellina participants`, do not ask for it.
class ServerLock {
 public:
  enum class Kind {
    alone,   ///< a server with all its workers
    worker,  ///< one of several workers that were started by hand, also beside a whole server
  };

  /// Makes an empty file where there is none. Waits at most a second for a server that is ending. Throws
  /// StoreError(busy) where another server has the database; where the file cannot be opened, the code that opens the
  /// store says why.
  ServerLock(const std::string& database, Kind kind);
  ServerLock(const ServerLock&) = delete;
  ServerLock& operator=(const ServerLock&) = delete;
  /// After the store has been closed: closing a file drops the locks that SQLite has on it in this process.
  ~ServerLock();

 private:
  int m_descriptor = -1;
};

}  // namespace tellina
