#pragma once

#include <sys/types.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace tellina::chroot_sandbox {

/// The control groups of one sandbox. Its directories stay until remove().
class Cgroup {
 public:
  /// By whom each limit is kept, "cgroup v1" or "cgroup v2"; empty where nobody does.
  std::string memory;
  std::string processes;
  std::string cpu;

  /// Every process of it must have ended. Waits a moment for the kernel to notice; returns false where it doesn't.
  bool remove();

 private:
  friend class Cgroups;
  std::vector<std::string> m_directories;
};

/// Makes control groups, /sys/fs/cgroup/.../tellina/OWNER/SANDBOX, where the machine and this user's rights allow it.
///
/// Threads: any.
class Cgroups {
 public:
  class Limits {
   public:
    std::uint64_t memory_in_bytes = 0;
    std::uint64_t processes = 0;
    double cpu = 0;
  };

  /// Puts a process in, with all that it will start. Never fails: a limit that can't be set is not in the result.
  Cgroup enter(const std::string& owner, const std::string& sandbox, pid_t process, const Limits& limits);

  /// Ends and removes what a dead owner has left, except the sandboxes in `keep`; returns how many it removed.
  std::size_t sweep(const std::string& owner, const std::vector<std::string>& keep);

 private:
  class Hierarchy {
   public:
    std::string mount_point;
    bool unified = false;  ///< version 2
    bool memory = false;
    bool processes = false;
    bool cpu = false;
  };

  void find_hierarchies();
  static bool make_directory(const Hierarchy& hierarchy, const std::string& owner, const std::string& sandbox,
                             std::string& directory);

  std::once_flag m_found;
  std::vector<Hierarchy> m_hierarchies;
};

}  // namespace tellina::chroot_sandbox
