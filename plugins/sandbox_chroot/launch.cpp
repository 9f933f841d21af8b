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

#include "plugins/sandbox_chroot/launcher_protocol.hpp"
#include "plugins/sandbox_common/deadline.hpp"

namespace tellina::chroot_sandbox {
namespace {

namespace protocol = launcher_protocol;

/// Holds the arguments of posix_spawn.
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
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) throw system_error("create sockets", errno);
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// Copies a descriptor to a number above those that the launcher gets.
Descriptor move_up(int descriptor) {
  Descriptor moved(fcntl(descriptor, F_DUPFD_CLOEXEC, protocol::first_closed_descriptor));
  if (!moved) throw system_error("copy a descriptor", errno);
  return moved;
}

void require_parts(const Settings& settings) {
  for (const std::string& program : {settings.launcher, settings.init}) {
    if (access(program.c_str(), X_OK) != 0) {
      throw system_error(program, errno, {}, "build or install all of tellina, which includes this program");
    }
  }
  const std::string shell = settings.root_file_system + "/bin/bash";
  if (access(shell.c_str(), F_OK) != 0) {
    const int error = errno;
    throw system_error("root file system " + settings.root_file_system + ": bin/bash", error, {},
                       "`tellina sandbox prepare --config FILE` creates it, and so does `make run`");
  }
}

}  // namespace

LaunchedProcess start_launcher(const Settings& settings, const SystemCallFilter& filter, bool maps_users,
                               bool has_folder) {
  require_parts(settings);
  LaunchedProcess launched;
  SocketPair control = make_sockets();
  SocketPair init_control = make_sockets();
  // Opened here, with the server's rights, because the session's user may have no access to the file.
  const Descriptor init_program(open(settings.init.c_str(), O_RDONLY | O_CLOEXEC));
  if (!init_program) throw system_error(settings.init, errno);

  const Descriptor shell_marks(open(settings.shell_marks.c_str(), O_RDONLY | O_CLOEXEC));
  if (!shell_marks) throw system_error(settings.shell_marks, errno);

  const std::array given = {move_up(control.theirs.get()),  move_up(init_control.theirs.get()),
                            move_up(init_program.get()),    move_up(filter.allow().get()),
                            move_up(filter.refuse().get()), move_up(shell_marks.get())};
  SpawnPlan plan;
  for (int number = 0; number < 3; ++number) {
    posix_spawn_file_actions_addopen(&plan.actions, number, "/dev/null", O_RDWR, 0);
  }
  for (std::size_t i = 0; i < given.size(); ++i) {
    posix_spawn_file_actions_adddup2(&plan.actions, given[i].get(), protocol::control + static_cast<int>(i));
  }
  posix_spawn_file_actions_addclosefrom_np(&plan.actions, protocol::first_closed_descriptor);
  // Its own session, so that Ctrl-C in the server's terminal stops the server in an orderly way and not its sandboxes.
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&plan.attributes, &none);
  posix_spawnattr_setsigdefault(&plan.attributes, &all);
  posix_spawnattr_setflags(&plan.attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::array<std::string, 9> words = {settings.launcher,
                                      maps_users ? "mapped" : "own",
                                      std::to_string(getpid()),
                                      settings.root_file_system,
                                      std::to_string(settings.disk_in_bytes),
                                      std::to_string(settings.tmp_in_bytes),
                                      "tellina",
                                      describe_memory(settings.memory_in_bytes),
                                      has_folder ? protocol::with_folder : protocol::without_folder};
  std::array<char*, 10> arguments{};
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

}  // namespace tellina::chroot_sandbox
