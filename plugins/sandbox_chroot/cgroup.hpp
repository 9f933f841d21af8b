#pragma once

#include <sys/types.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace tellina::chroot_sandbox {

/// The control groups of one sandbox. Their directories exist until remove().
class Cgroup {
 public:
  /// What enforces each limit: "cgroup v1", "cgroup v2", or empty for nothing.
  std::string memory;
  std::string processes;
  std::string cpu;

  /// All its processes must have ended. Waits a short time until the kernel notices; returns false if it does not.
  bool remove();

 private:
  friend class Cgroups;
  std::vector<std::string> m_directories;
};

/// Creates control groups /sys/fs/cgroup/.../tellina/OWNER/SANDBOX if the machine and this user's rights permit it.
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

  /// Adds a process and all its future children. Never fails: the result lacks limits that cannot be set.
  Cgroup enter(const std::string& owner, const std::string& sandbox, pid_t process, const Limits& limits);

  /// Ends and removes the groups of a dead owner, except the sandboxes in `keep`. Returns how many it removed.
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
