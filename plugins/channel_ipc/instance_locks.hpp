#pragma once

/// Which instances in the folder are alive, and the files that dead ones left.
///
/// A living instance holds a POSIX record lock on its lock file. Such a lock belongs to the process: the kernel
/// releases it when the process ends, however it ends, even if a forked child still has the descriptor. It has two
/// drawbacks: a process does not see its own locks, and closing any descriptor of the file releases the lock. So
/// OwnInstances lists the instances of this process, and their files are never opened a second time.

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

class InstanceStatus {
 public:
  enum class State { dead, in_this_process, in_another };

  InstanceStatus(State state_, pid_t process_) : state(state_), process(process_) {}

  State state;
  pid_t process;  ///< of an instance in another process; 0 if it is invisible here (another PID namespace)
};

/// Whether an instance is alive: who holds the lock of the file `entry` (ID.lock or ID.new). Without the file, it is
/// dead.
InstanceStatus status_of(const std::string& directory, const Entry& entry);

/// A descriptor that becomes readable when the process of a living instance ends; invalid if there is no process to
/// watch.
Descriptor open_process(const std::string& directory, const Entry& entry);

/// Removes all files of an instance; its lock file last.
void remove_files(const std::string& directory, InstanceId id);

/// Removes the files of crashed instances that never had a lock file, or lost it.
void remove_strays(const std::string& directory, const std::vector<Entry>& entries);

}  // namespace tellina::ipc
