#include "host/server/server_lock.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <sstream>

#include "host/limits.hpp"
#include "host/store/store.hpp"

namespace tellina {
namespace {

constexpr std::chrono::milliseconds retry_interval{20};

/// " (process 4711)", from /proc/locks (proc(5)): "1: FLOCK ADVISORY WRITE 4711 00:2e:1234 0 EOF". Empty if the kernel
/// does not say.
std::string holder_of(int descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return {};
  const std::string inode = ":" + std::to_string(status.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream fields(line);
    std::string number, type, kind, access, process, file;
    fields >> number >> type >> kind >> access >> process >> file;
    if (type == "FLOCK" && file.ends_with(inode) && process != "0") return " (process " + process + ")";
  }
  return {};
}

}  // namespace

ServerLock::ServerLock(const std::string& database, Kind kind) {
  m_descriptor = open(database.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (m_descriptor < 0) return;
  const int operation = (kind == Kind::alone ? LOCK_EX : LOCK_SH) | LOCK_NB;
  const std::chrono::milliseconds limit = kind == Kind::alone ? limits::server_lock : std::chrono::milliseconds(0);
  for (std::chrono::milliseconds waited{0}; flock(m_descriptor, operation) != 0; waited += retry_interval) {
    // On a file system without locks, a second server cannot be detected.
    if (errno != EWOULDBLOCK) return;
    if (waited < limit) {
      poll(nullptr, 0, static_cast<int>(retry_interval.count()));
      continue;
    }
    // A worker that was started by hand in addition to a complete server is one more worker of that server.
    if (kind == Kind::worker) return;
    const std::string holder = holder_of(m_descriptor);
    close(m_descriptor);
    throw StoreError(ErrorCode::busy, database + ": another server uses this database" + holder,
                     "stop it first, or name another file in \"database\"; `tellina participants` works "
                     "while a server runs");
  }
}

ServerLock::~ServerLock() {
  if (m_descriptor >= 0) close(m_descriptor);
}

}  // namespace tellina
