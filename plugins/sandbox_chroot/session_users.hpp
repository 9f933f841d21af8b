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

/// Which users of this machine the users of a sandbox are.
///
/// Where this process is root, a session's `me` is a host user of its own, and its other users are a block of host
/// users that nobody has: root's files are shown as root's by a mount that translates their owners, so that no process
/// of a sandbox has anything to do with the host's root. An ordinary user with subordinate users (/etc/subuid) is the
/// root of the sandbox, as the owner of the root file system's files, and `me` is a subordinate one. Without them `me`
/// is that user, and root does not exist. In none can a process of the sandbox become its root: it has no capability,
/// none can be gained, and no mount heeds set-user-id.
///
/// Threads: any.
class SessionUsers {
 public:
  /// Looks at this process, at /etc/subuid and at the folder. Throws nothing.
  explicit SessionUsers(const std::string& root_file_system);

  /// Whether map() has to be called for a launcher.
  bool maps() const { return m_is_root || m_delegates; }

  class Mapped {
   public:
    bool has_root = false;
    Descriptor root_mount;  ///< of the root file system, with root's files as root's; none: the launcher makes it
  };
  /// Writes the maps of a launcher's user namespace. Throws Error. Where an ordinary user's first call fails, maps() is
  /// false from then on; after a call that went well, a failure concerns that launcher only.
  Mapped map(pid_t launcher, Random& random, const sandbox_common::Deadline& deadline);

  /// Whom root's files belong to in a sandbox, and why: for the researcher.
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
  std::atomic<bool> m_has_delegated = false;  ///< once at least
  Range m_users;
  Range m_groups;
  mutable std::mutex m_mutex;
  std::string m_why_not;  ///< why root's files are not root's; empty where they are
};

}  // namespace tellina::chroot_sandbox
