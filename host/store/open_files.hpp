#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <sys/types.h>

namespace tellina {

/// The files of an open database: the database, its write-ahead log and the log's index. SQLite keeps them open and
/// does not notice when somebody moves or deletes one. What it writes after that is lost, because a later start finds
/// other files.
///
/// Threads: one at a time.
class OpenFiles {
 public:
  /// For the database that has just been opened at `path`. `name`: its name in messages.
  OpenFiles(std::string path, std::string name);

  /// Throws StoreError(unavailable) while the paths do not lead to the files that were opened.
  void check() const;

 private:
  class File {
   public:
    File() = default;
    std::string path;
    std::string name;
    dev_t device = 0;
    ino_t inode = 0;
  };

  std::array<File, 3> m_files;
};

}  // namespace tellina
