#pragma once

/// Who in the folder lives, and what the dead left.
///
/// A living instance holds a POSIX record lock on its lock file. Such a lock belongs to the process: it goes when the
/// process ends, however it ends, also while a child that was forked from it still has the descriptor. Its price is
/// that it says nothing within the process, and that closing any descriptor of the file gives it up: so the instances
/// of this process are known by a list, and their files are never opened a second time.

#include <sys/types.h>

#include <string>

#include "folder.hpp"

namespace tellina::ipc {

/// Threads: any.
class OwnInstances {
 public:
  static void add(InstanceId id);
  static void remove(InstanceId id);
  static bool contain(InstanceId id);
};

class Life {
 public:
  enum class State { dead, in_this_process, in_another };

  Life(State state_, pid_t process_) : state(state_), process(process_) {}

  State state;
  pid_t process;  ///< of one in another process; 0 where it cannot be seen from here (another PID namespace)
};

/// Who holds the file `name` in the folder. A file that is not there is dead.
Life look_up(const std::string& directory, const Entry& entry);

/// Readable once the process of a living instance has ended; none where there is no process to watch.
Descriptor open_process(const std::string& directory, const Entry& entry);

/// Removes all files of an instance, its lock last.
void remove_files(const std::string& directory, InstanceId id);

/// Removes what crashed processes left that never got as far as a lock, or lost it.
void remove_strays(const std::string& directory, const std::vector<Entry>& entries);

}  // namespace tellina::ipc
