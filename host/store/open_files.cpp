#include "host/store/open_files.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/stat.h>

#include "host/store/store.hpp"

namespace tellina {

OpenFiles::OpenFiles(std::string path, std::string name) {
  std::size_t next = 0;
  for (const char* suffix : {"", "-wal", "-shm"}) {
    File& file = m_files[next++];
    file.path = path + suffix;
    file.name = name + suffix;
    struct stat status {};
    if (stat(file.path.c_str(), &status) != 0) {
      throw StoreError(ErrorCode::unavailable,
                       file.name + ": cannot be examined after it was opened: " + std::strerror(errno),
                       "leave the files of the database in their folder");
    }
    file.device = status.st_dev;
    file.inode = status.st_ino;
  }
}

void OpenFiles::check() const {
  for (const File& file : m_files) {
    struct stat status {};
    const bool exists = stat(file.path.c_str(), &status) == 0;
    if (exists && status.st_dev == file.device && status.st_ino == file.inode) continue;
    const bool is_database = &file == &m_files.front();
    throw StoreError(
        ErrorCode::unavailable,
        file.name + ": was " + (exists ? "replaced" : "moved or deleted") +
            " while the server uses it, so nothing more is recorded or acknowledged",
        std::string("move it back to ") + file.path + ", and the server continues; if it is gone, " +
            (is_database ? "stop the server and restore the file from a backup"
                         : "stop the server in order (SIGTERM), which saves what was recorded, and start it "
                           "again"));
  }
}

}  // namespace tellina
