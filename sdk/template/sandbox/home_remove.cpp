/// Removes a tree that its owner may have made deep and inaccessible on purpose.

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cerrno>
#include <vector>

#include "home.hpp"

namespace local_sandbox {
namespace {

/// Enough for any home. A process that escaped and keeps creating files must not delay destroy() forever.
constexpr unsigned long most_entries = 1'000'000;

std::vector<std::string> list(int directory) {
  std::vector<std::string> names;
  const int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const stream = again < 0 ? nullptr : fdopendir(again);
  if (stream == nullptr) {
    if (again >= 0) close(again);
    return names;
  }
  while (const dirent* const entry = readdir(stream)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  closedir(stream);
  return names;
}

bool is_directory(int parent, const std::string& name) {
  struct stat status;
  return fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

/// Opens a directory, whatever mode its owner has set.
Descriptor enter(int parent, const std::string& name) {
  if (is_directory(parent, name)) fchmodat(parent, name.c_str(), 0700, 0);
  return Descriptor(openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

}  // namespace

int remove_tree(const std::string& folder, const std::string& name) {
  const Descriptor parent(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const Descriptor sandbox_folder = enter(parent.get(), name);
  if (!sandbox_folder) return errno == ENOENT ? 0 : errno;
  // Moves directories up before emptying them, so that the walk is never more than two levels deep.
  unsigned long next = 0, seen = 0;
  for (std::vector<std::string> names = list(sandbox_folder.get()); !names.empty();
       names = list(sandbox_folder.get())) {
    if ((seen += names.size()) > most_entries) return EBUSY;
    for (const std::string& entry : names) {
      if (!is_directory(sandbox_folder.get(), entry)) {
        if (unlinkat(sandbox_folder.get(), entry.c_str(), 0) != 0) return errno;
        continue;
      }
      const Descriptor directory = enter(sandbox_folder.get(), entry);
      if (!directory) return errno;
      for (const std::string& inner : list(directory.get())) {
        if (!is_directory(directory.get(), inner)) {
          if (unlinkat(directory.get(), inner.c_str(), 0) != 0) return errno;
          continue;
        }
        fchmodat(directory.get(), inner.c_str(), 0700, 0);  // otherwise moving it may fail
        int moved;
        do {
          moved = renameat2(directory.get(), inner.c_str(), sandbox_folder.get(), std::to_string(next++).c_str(),
                            RENAME_NOREPLACE);
        } while (moved != 0 && errno == EEXIST);
        if (moved != 0) return errno;
      }
      if (unlinkat(sandbox_folder.get(), entry.c_str(), AT_REMOVEDIR) != 0) return errno;
    }
  }
  return unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR) == 0 ? 0 : errno;
}

}  // namespace local_sandbox
