#include "plugins/sandbox_chroot/session_users.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include "plugins/sandbox_chroot/run_mapper.hpp"
#include "plugins/sandbox_init/init_protocol.hpp"

namespace tellina::chroot_sandbox {
namespace {

using sandbox_common::Deadline;
using sandbox_common::system_error;

/// The first host user for sessions. According to systemd's "Users, Groups, UIDs and GIDs on systemd Systems",
/// 1879048192 to 2147483647 are unused; ordinary users, subordinate users and containers are all below.
constexpr std::uint32_t first_session_user = 1'880'000'000;
constexpr std::uint32_t session_users = 1U << 24;
/// The host users that represent root and Debian's other users in every sandbox. No process ever has one of them.
constexpr std::uint32_t first_system_user = first_session_user + session_users;
constexpr std::uint32_t system_users = 65536;

constexpr const char* user_mapper = "/usr/bin/newuidmap";
constexpr const char* group_mapper = "/usr/bin/newgidmap";

void write_map(const std::string& path, const std::string& text) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw system_error("map the session's user: " + path, errno, ErrorCode::unavailable,
                       "run tellina as an ordinary user, or as root with all of root's rights");
  }
}

bool are_in(const char* map_file, std::uint32_t first, std::uint32_t wanted) {
  std::ifstream map(map_file);
  for (std::uint64_t inside, outside, count; map >> inside >> outside >> count;) {
    if (first >= inside && first + std::uint64_t{wanted} <= inside + count) return true;
  }
  return false;
}

/// Whether these numbers exist here, as users and as groups: in a container, root may have been given only a few.
bool are_mapped(std::uint32_t first, std::uint32_t wanted) {
  return are_in("/proc/self/uid_map", first, wanted) && are_in("/proc/self/gid_map", first, wanted);
}

std::string line(std::uint32_t inside, std::uint32_t outside, std::uint32_t count) {
  return std::to_string(inside) + " " + std::to_string(outside) + " " + std::to_string(count) + "\n";
}

/// The login name, or nothing if the user has none.
std::string name_of(uid_t user) {
  std::array<char, 4096> buffer;
  passwd entry;
  passwd* found = nullptr;
  getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found);
  return found ? found->pw_name : "";
}

}  // namespace

SessionUsers::SessionUsers(const std::string& root_file_system)
    : m_root_file_system(root_file_system), m_is_root(geteuid() == 0) {
  if (!m_is_root) find_delegation();
}

std::optional<SessionUsers::Range> SessionUsers::find_subordinate(const char* file, uid_t user) {
  const std::string name = name_of(user);
  std::ifstream lines(file);
  for (std::string text; std::getline(lines, text);) {
    std::istringstream fields(text);
    std::string who;
    Range range;
    char colon = 0;
    if (!std::getline(fields, who, ':') || !(fields >> range.first >> colon >> range.count)) continue;
    if (colon == ':' && range.count > 0 && (who == name || who == std::to_string(user))) return range;
  }
  return {};
}

void SessionUsers::find_delegation() {
  const auto users = find_subordinate("/etc/subuid", geteuid());
  const auto groups = find_subordinate("/etc/subgid", geteuid());
  struct stat status;
  if (!users || !groups) return note("this user has no subordinate users in /etc/subuid and /etc/subgid");
  if (access(user_mapper, X_OK) != 0 || access(group_mapper, X_OK) != 0) {
    return note("newuidmap is missing (package uidmap)");
  }
  if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) return note("newuidmap may not gain privileges (NoNewPrivileges)");
  if (stat((m_root_file_system + "/etc/passwd").c_str(), &status) != 0 || status.st_uid != geteuid()) {
    return note("the root file system's files do not belong to this user: create it as this user");
  }
  m_users = *users;
  m_groups = *groups;
  m_delegates = true;
}

void SessionUsers::note(const std::string& why_not) {
  const std::lock_guard lock(m_mutex);
  m_why_not = why_not;
}

std::string SessionUsers::describe_root() const {
  const std::lock_guard lock(m_mutex);
  if (m_why_not.empty()) return "shown as root's";
  return std::string("shown as ") + (m_is_root ? "nobody's: " : "nobody's or the participant's: ") + m_why_not;
}

SessionUsers::Mapped SessionUsers::map(pid_t launcher, Random& random, const Deadline& deadline) {
  std::uint32_t number = 0;
  random.fill({reinterpret_cast<std::uint8_t*>(&number), sizeof number});
  if (m_is_root) return map_as_root(launcher, number);
  try {
    delegate(launcher, number, deadline);
  } catch (const Error& error) {
    // If it has worked before, or if something ran out, the failure is temporary, and all sandboxes of one study should
    // stay alike.
    if (m_has_delegated || error.code() == ErrorCode::busy || error.code() == ErrorCode::timed_out) throw;
    note(error.what());
    m_delegates = false;
    throw;
  }
  m_has_delegated = true;
  Mapped mapped;
  mapped.has_root = true;
  return mapped;
}

void SessionUsers::delegate(pid_t launcher, std::uint32_t random_number, const Deadline& deadline) {
  const auto map = [&](const char* program, std::uint32_t root, const Range& range) {
    const std::string me = std::to_string(range.first + random_number % range.count);
    run_mapper({program, std::to_string(launcher), "0", std::to_string(root), "1",
                std::to_string(init_protocol::sandbox_user), me, "1"},
               deadline);
  };
  map(user_mapper, geteuid(), m_users);
  map(group_mapper, getegid(), m_groups);
}

SessionUsers::Mapped SessionUsers::map_as_root(pid_t launcher, std::uint32_t random_number) {
  const std::uint32_t user = first_session_user + random_number % session_users;
  if (!are_mapped(user, 1)) {
    throw Error(ErrorCode::unavailable, "user " + std::to_string(user) + " does not exist in this container",
                "run tellina as an ordinary user there");
  }
  Mapped mapped;
  mapped.has_root = are_mapped(first_system_user, system_users);
  std::string map = line(init_protocol::sandbox_user, user, 1);
  if (mapped.has_root) {
    constexpr std::uint32_t next = init_protocol::sandbox_user + 1;
    map = line(0, first_system_user, init_protocol::sandbox_user) + map +
          line(next, first_system_user + next, system_users - next);
  } else {
    note("this container has too few users");
  }
  const std::string folder = "/proc/" + std::to_string(launcher);
  write_map(folder + "/setgroups", "deny");
  write_map(folder + "/uid_map", map);
  write_map(folder + "/gid_map", map);
  if (mapped.has_root) mapped.root_mount = make_root_mount(launcher);
  return mapped;
}

/// The launcher's user namespace defines how owners are translated: files of the host's root belong to the sandbox's
/// root.
Descriptor SessionUsers::make_root_mount(pid_t launcher) {
  const Descriptor users(open(("/proc/" + std::to_string(launcher) + "/ns/user").c_str(), O_RDONLY | O_CLOEXEC));
  Descriptor tree(open_tree(AT_FDCWD, m_root_file_system.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_IDMAP;
  attributes.propagation = MS_PRIVATE;
  attributes.userns_fd = static_cast<std::uint64_t>(users.get());
  if (users && tree && mount_setattr(tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) == 0)
    return tree;
  note(std::string("the file system that holds the root file system can't map owners (idmapped mount): ") +
       std::strerror(errno));
  return {};
}

}  // namespace tellina::chroot_sandbox
