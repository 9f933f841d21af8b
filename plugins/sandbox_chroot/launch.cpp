#include "plugins/sandbox_chroot/launch.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>

#include "plugins/sandbox_chroot/launcher_protocol.hpp"
#include "plugins/sandbox_common/deadline.hpp"
#include "plugins/sandbox_init/init_protocol.hpp"

namespace tellina::chroot_sandbox {
namespace {

namespace protocol = launcher_protocol;

/// The first host user for sessions. systemd's "Users, Groups, UIDs and GIDs on systemd Systems" leaves 1879048192 to
/// 2147483647 unused; ordinary users, subordinate users and containers are all below.
constexpr std::uint32_t first_session_user = 1'880'000'000;
constexpr std::uint32_t session_users = 1U << 24;

/// Owns what posix_spawn is told.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

struct SocketPair {
  Descriptor ours;
  Descriptor theirs;
};

SocketPair make_sockets() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) throw system_error("make sockets", errno);
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// A copy of a descriptor out of the way of the numbers that the launcher gets.
Descriptor move_up(int descriptor) {
  Descriptor moved(fcntl(descriptor, F_DUPFD_CLOEXEC, protocol::first_closed_descriptor));
  if (!moved) throw system_error("copy a descriptor", errno);
  return moved;
}

void require_parts(const Settings& settings) {
  for (const std::string& program : {settings.launcher, settings.init}) {
    if (access(program.c_str(), X_OK) != 0) {
      throw system_error(program, errno, {},
                         "build or install the whole of tellina: this program comes with the plugin");
    }
  }
  const std::string shell = settings.root_file_system + "/bin/bash";
  if (access(shell.c_str(), F_OK) != 0) {
    const int error = errno;
    const bool is_installed = access(settings.root_maker.c_str(), X_OK) == 0;
    throw system_error(
        "root file system " + settings.root_file_system + ": bin/bash", error, {},
        (is_installed ? "make it with " + settings.root_maker : "`make build` makes it, or docker_image/make_rootfs") +
            " " + settings.root_file_system);
  }
}

void write_map(const std::string& path, const std::string& text) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw system_error("give the session a user of its own: " + path, errno, ErrorCode::unavailable,
                       "run tellina as an ordinary user, or as root with all of root's rights");
  }
}

/// Whether a user number exists here: in a container root may have been given few.
bool is_mapped(std::uint32_t user) {
  std::ifstream map("/proc/self/uid_map");
  for (std::uint64_t inside, outside, count; map >> inside >> outside >> count;) {
    if (user >= inside && user < inside + count) return true;
  }
  return false;
}

}  // namespace

bool runs_as_root() { return geteuid() == 0; }

LaunchedProcess start_launcher(const Settings& settings, const SystemCallFilter& filter) {
  require_parts(settings);
  LaunchedProcess launched;
  SocketPair control = make_sockets();
  SocketPair init_control = make_sockets();
  // Readable only, and by root's rights here: the session's own user need not reach the file.
  const Descriptor init_program(open(settings.init.c_str(), O_RDONLY | O_CLOEXEC));
  if (!init_program) throw system_error(settings.init, errno);

  const std::array given = {move_up(control.theirs.get()), move_up(init_control.theirs.get()),
                            move_up(init_program.get()), move_up(filter.allow().get()), move_up(filter.refuse().get())};
  SpawnPlan plan;
  for (int number = 0; number < 3; ++number) {
    posix_spawn_file_actions_addopen(&plan.actions, number, "/dev/null", O_RDWR, 0);
  }
  for (std::size_t i = 0; i < given.size(); ++i) {
    posix_spawn_file_actions_adddup2(&plan.actions, given[i].get(), protocol::control + static_cast<int>(i));
  }
  posix_spawn_file_actions_addclosefrom_np(&plan.actions, protocol::first_closed_descriptor);
  // A session of its own, so that Ctrl-C in the server's terminal ends the server in order and not its sandboxes.
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&plan.attributes, &none);
  posix_spawnattr_setsigdefault(&plan.attributes, &all);
  posix_spawnattr_setflags(&plan.attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::array<std::string, 6> words = {
      settings.launcher,         runs_as_root() ? "mapped" : "own",      std::to_string(getpid()),
      settings.root_file_system, std::to_string(settings.disk_in_bytes), "tellina"};
  std::array<char*, 7> arguments{};
  for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
  char* environment[] = {nullptr};
  const int error = posix_spawn(&launched.process, settings.launcher.c_str(), &plan.actions, &plan.attributes,
                                arguments.data(), environment);
  if (error != 0) throw system_error("start " + settings.launcher, error);

  launched.process_descriptor.reset(static_cast<int>(syscall(SYS_pidfd_open, launched.process, 0)));
  launched.launcher_socket = std::move(control.ours);
  launched.init_socket = std::move(init_control.ours);
  return launched;
}

void map_session_user(pid_t launcher, Random& random) {
  std::uint32_t user = 0;
  random.fill({reinterpret_cast<std::uint8_t*>(&user), sizeof user});
  user = first_session_user + user % session_users;
  if (!is_mapped(user)) {
    throw Error(ErrorCode::unavailable, "user " + std::to_string(user) + " does not exist in this container",
                "run tellina as an ordinary user there");
  }
  const std::string folder = "/proc/" + std::to_string(launcher);
  const std::string map = std::to_string(init_protocol::sandbox_user) + " " + std::to_string(user) + " 1";
  write_map(folder + "/setgroups", "deny");
  write_map(folder + "/uid_map", map);
  write_map(folder + "/gid_map", map);
}

}  // namespace tellina::chroot_sandbox
