#pragma once

#include <sys/types.h>

#include <cstdint>
#include <mutex>
#include <set>
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

/// Creates control groups BASE/tellina/OWNER/SANDBOX if the machine and this user's rights permit it.
///
/// BASE is the root of a hierarchy if this process may write there (root may). Otherwise it is this process's own group
/// if that group is delegated to this user, as systemd does for a unit or scope with Delegate=yes. In version 2, a
/// group that limits its children has no processes of its own, so all processes of this server move into
/// BASE/tellina-server. If other programs are in BASE, nothing moves and no limit is set.
///
/// Threads: any.
class Cgroups {
 public:
  /// Finds the groups, and moves this server. Call it before the first launcher starts, because a launcher would count
  /// as another program.
  void find();
  /// Why this user can use no group; empty if there are groups.
  const std::string& why_not() const { return m_why_not; }

  class Limits {
   public:
    std::uint64_t memory_in_bytes = 0;
    std::uint64_t processes = 0;
    double cpu = 0;
  };

  /// Adds a process and all its future children. Never fails: the result lacks limits that cannot be set.
  Cgroup enter(const std::string& owner, const std::string& sandbox, pid_t process, const Limits& limits);

  /// Ends and removes the groups of a dead owner, except the sandboxes in `keep`. Returns how many it removed. Throws
  /// Error(busy), after it has removed the others, if the processes of a group do not end.
  std::size_t sweep(const std::string& owner, const std::vector<std::string>& keep);

  /// The owner of the sandboxes with which this process probes.
  static std::string probe_owner();
  /// Ends and removes the groups of probes whose process was killed.
  void sweep_dead_probes();

 private:
  class Hierarchy {
   public:
    std::string base;
    bool unified = false;  ///< version 2
    bool memory = false;
    bool processes = false;
    bool cpu = false;
  };

  void find_hierarchies();
  std::string find_base(const std::string& mount_point, const std::string& own, bool unified);
  std::string move_server_out(const std::string& own);
  /// The owners with groups whose names are those of probes.
  std::set<std::string> probe_owners() const;
  static bool make_directory(const Hierarchy& hierarchy, const std::string& owner, const std::string& sandbox,
                             std::string& directory);

  std::once_flag m_found;
  std::vector<Hierarchy> m_hierarchies;
  std::string m_why_not;
};

}  // namespace tellina::chroot_sandbox
