#pragma once

#include <sys/types.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

#include "plugins/sandbox_common/deadline.hpp"
#include "tellina/clock.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::chroot_sandbox {

/// Which users of this machine represent the users of a sandbox.
///
/// If this process is root, each session's `me` is a separate host user, and its other users are a block of unused host
/// users. A mount that translates owners shows root's files as root's, so no process of a sandbox ever has the host's
/// root user. An ordinary user with subordinate users (/etc/subuid) owns the root file system's files. So that user is
/// the root of the sandbox, and `me` is a subordinate user. Without subordinate users, `me` is the ordinary user, and
/// root does not exist. In no case can a process of the sandbox become its root: it has no capabilities and cannot gain
/// any, and no mount honours set-user-id.
///
/// Threads: any.
class SessionUsers {
 public:
  /// Examines this process, /etc/subuid and the folder. Throws nothing.
  explicit SessionUsers(const std::string& root_file_system);

  /// Whether a launcher needs a call of map().
  bool maps() const { return m_is_root || m_delegates; }

  class Mapped {
   public:
    bool has_root = false;
    /// The mount of the root file system, in which root's files belong to root; if invalid, the launcher creates it.
    Descriptor root_mount;
  };
  /// Writes the maps of a launcher's user namespace. Throws Error. If an ordinary user's first call fails, maps()
  /// returns false from then on. After a successful call, a failure concerns only its launcher.
  Mapped map(pid_t launcher, Random& random, const sandbox_common::Deadline& deadline);

  /// Whether the sandboxes do not share their user with this process.
  bool are_separate() const { return maps(); }

  /// Describes to the researcher who owns root's files in a sandbox, and why.
  std::string describe_root() const;

 private:
  class Range {
   public:
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };
  static std::optional<Range> find_subordinate(const char* file, uid_t user);
  void find_delegation();
  Mapped map_as_root(pid_t launcher, std::uint32_t random_number);
  void delegate(pid_t launcher, std::uint32_t random_number, const sandbox_common::Deadline& deadline);
  Descriptor make_root_mount(pid_t launcher);
  void note(const std::string& why_not);

  std::string m_root_file_system;
  bool m_is_root;
  std::atomic<bool> m_delegates = false;
  std::atomic<bool> m_has_delegated = false;  ///< at least once
  Range m_users;
  Range m_groups;
  mutable std::mutex m_mutex;
  std::string m_why_not;  ///< why root's files are not root's; empty if they are
};

}  // namespace tellina::chroot_sandbox
