/// sandbox_init CONTROL_DESCRIPTOR HOME
/// sandbox_init --stay CONTROL_PATH HOME
///
/// Process 1 of a sandbox. It opens the terminal in the sandbox's own devpts and sends its master to the plugin, starts
/// the shell, reaps processes, and reports how the shell ended. It outlives the shell, so that the home can still be
/// read and a new shell started. It ends with the control socket, and then the kernel ends every other process of the
/// sandbox. With --stay, it keeps the descriptors, and sends them again to the next process that connects from outside;
/// it ends when nobody is connected and nobody can connect any more, because CONTROL_PATH was removed.

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "plugins/sandbox_common/tree_protocol.hpp"
#include "plugins/sandbox_init/control_socket.hpp"
#include "plugins/sandbox_init/init_protocol.hpp"

namespace {

using namespace tellina;

/// How often an init that waits for a plugin looks whether its sandbox's folder is still there, in milliseconds.
constexpr int time_between_looks = 3000;

bool stays = false;
int control_socket = -1;             // with --stay, -1 while nobody is connected
int listener = -1;                   // with --stay, the socket to which the next plugin connects
const char* control_path = nullptr;  // with --stay, the listener's path
const char* home_path = nullptr;
int child_signals = -1;  // readable when a child has ended
int slave = -1;          // the pty's other end, kept until the shell has it
int master = -1;         // with --stay, a copy of the master
int shell_end = -1;      // receives the shell's wait status
int shell_end_out = -1;  // with --stay, a copy of its other end
pid_t shell = 0;         // 0: none runs

void close_descriptor(int& descriptor) {
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
}

void report_failure(const char* what, int error_number) {
  tree_protocol::report_failure(control_socket, what, error_number);
}

/// Sends the terminal and the home to the plugin. On failure, reports it and returns false.
bool offer_terminal() {
  const int home = open(home_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (home < 0) {
    report_failure("open the home directory", errno);
    return false;
  }
  init_protocol::Ready message;
  message.has_shell = slave < 0 ? 1 : 0;
  const int descriptors[] = {master, home, shell_end_out};
  const bool sent =
      control::send(control_socket, &message, sizeof message, descriptors, init_protocol::descriptor_count);
  close(home);
  return sent;
}

/// Disables XON/XOFF: otherwise Ctrl+S silently stops a terminal's output until Ctrl+Q. Returns false with errno set.
bool disable_flow_control(int terminal) {
  termios settings{};
  if (tcgetattr(terminal, &settings) != 0) return false;
  settings.c_iflag &= ~static_cast<tcflag_t>(IXON);
  return tcsetattr(terminal, TCSANOW, &settings) == 0;
}

/// Opens a pty and sends it to the plugin. On failure, reports it and returns false.
bool make_terminal() {
  char name[64];
  int ends[2] = {-1, -1};
  const char* failed = nullptr;
  master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, name, sizeof name) != 0) {
    failed = "open a terminal";
  } else if ((slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) {
    failed = "open the terminal's other end";
  } else if (!disable_flow_control(slave)) {
    failed = "set up the terminal";
  } else if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    failed = "create a socket for the shell's exit status";
  }
  if (failed != nullptr) {
    report_failure(failed, errno);
    return false;
  }
  shell_end = ends[0];
  shell_end_out = ends[1];
  const bool sent = offer_terminal();
  if (!stays) {
    close_descriptor(master);
    close_descriptor(shell_end_out);
  }
  return sent;
}

void set_limit(int resource, rlim_t value) {
  const rlimit limit{value, value};
  setrlimit(static_cast<__rlimit_resource_t>(resource), &limit);
}

/// Limits the processors, so that nproc and programs that start a thread for each processor see the session's share.
/// The choice is random, because otherwise all sessions would share the first ones. The participant may change it; the
/// cpu cgroup is the actual limit.
void use_processors(unsigned wanted) {
  cpu_set_t available, used;
  unsigned first = 0;
  if (sched_getaffinity(0, sizeof available, &available) != 0 || wanted == 0) return;
  const auto count = static_cast<unsigned>(CPU_COUNT(&available));
  if (wanted >= count || getrandom(&first, sizeof first, GRND_NONBLOCK) != sizeof first) return;
  first %= count;
  CPU_ZERO(&used);
  unsigned place = 0;  // index of a processor among the available ones
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (!CPU_ISSET(processor, &available)) continue;
    if ((place++ + count - first) % count < wanted) CPU_SET(processor, &used);
  }
  sched_setaffinity(0, sizeof used, &used);
}

struct ShellCommand {
  init_protocol::StartShell header;
  char* working_directory = nullptr;
  char* arguments[init_protocol::max_strings + 1] = {};
  char* environment[init_protocol::max_strings + 1] = {};
};

/// Splits a StartShell message in place. Returns false if it violates the protocol.
bool read_command(char* message, std::size_t size, ShellCommand& command) {
  if (size <= sizeof command.header || message[size - 1] != '\0') return false;
  std::memcpy(&command.header, message, sizeof command.header);
  if (command.header.argument_count == 0 || command.header.argument_count > init_protocol::max_strings ||
      command.header.environment_count > init_protocol::max_strings) {
    return false;
  }
  char* next = message + sizeof command.header;
  const char* const end = message + size;
  const auto take = [&]() -> char* {
    if (next >= end) return nullptr;
    char* const text = next;
    next += std::strlen(text) + 1;
    return text;
  };
  command.working_directory = take();
  for (std::uint32_t i = 0; i < command.header.argument_count; ++i) command.arguments[i] = take();
  for (std::uint32_t i = 0; i < command.header.environment_count; ++i) command.environment[i] = take();
  return next == end && command.working_directory != nullptr;
}

/// Refuses mmap(2) with MAP_SHARED and MAP_ANONYMOUS. The memory of such a mapping stays after madvise(MADV_DONTNEED),
/// and after all but one page have been unmapped, but then no process's figures contain it. Returns false with errno.
bool refuse_shared_memory() {
  constexpr std::uint32_t flags = MAP_SHARED | MAP_ANONYMOUS;
  // An earlier filter kills a process that uses the system calls of another architecture.
  sock_filter instructions[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 4),
      // The lower half of the argument contains every flag that the kernel knows.
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
               offsetof(seccomp_data, args[3]) + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0)),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, flags),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, flags, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program{};
  program.len = sizeof instructions / sizeof instructions[0];
  program.filter = instructions;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/// Puts the calling child on the terminal. Returns the failed action, with errno, or null.
const char* use_terminal() {
  // A new session with the pty as its controlling terminal; without it, there is no job control and no Ctrl-C.
  if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) != 0) return "make the terminal the shell's own";
  if (dup2(slave, 0) < 0 || dup2(slave, 1) < 0 || dup2(slave, 2) < 0) return "put the shell on the terminal";
  return nullptr;
}

/// Gives the calling child these descriptors and no terminal. Returns the failed action, with errno, or null.
const char* use_outputs(const int* outputs) {
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing < 0 || setsid() < 0 || dup2(nothing, 0) < 0 || dup2(outputs[init_protocol::program_output], 1) < 0 ||
      dup2(outputs[init_protocol::program_errors], 2) < 0) {
    return "give the program its descriptors";
  }
  return nullptr;
}

/// Says on the program's standard error why it cannot be run.
[[noreturn]] void fail_to_run(const char* program) {
  dprintf(2, "%s: %s\n", program, std::strerror(errno));
  _exit(127);
}

/// Runs in the child: becomes the shell, or with `outputs` a program without a terminal. Otherwise returns the failed
/// action, with errno.
const char* become_shell(const ShellCommand& command, const int* outputs) {
  if (const char* const failed = outputs == nullptr ? use_terminal() : use_outputs(outputs)) return failed;

  // Otherwise every command would inherit what init, or the host, ignores or blocks.
  for (int signal_number = 1; signal_number < NSIG; ++signal_number) signal(signal_number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);

  set_limit(RLIMIT_CORE, 0);
  set_limit(RLIMIT_NOFILE, 256);
  set_limit(RLIMIT_MEMLOCK, 64 * 1024);
  set_limit(RLIMIT_MSGQUEUE, 0);
  set_limit(RLIMIT_SIGPENDING, 256);
  if (command.header.address_space > 0) set_limit(RLIMIT_AS, command.header.address_space);
  // Set inside the sandbox's user namespace, where the kernel counts only this sandbox's processes.
  if (command.header.processes > 0) set_limit(RLIMIT_NPROC, command.header.processes);

  use_processors(command.header.processors);
  if (chdir(command.working_directory) != 0) return "enter the working directory";
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  if (command.header.refuses_shared_memory && !refuse_shared_memory()) return "refuse shared memory";
  if (outputs != nullptr) {
    environ = const_cast<char**>(command.environment);  // has the PATH
    execvp(command.arguments[0], command.arguments);
    fail_to_run(command.arguments[0]);
  }
  execve(command.arguments[0], command.arguments, command.environment);
  return "run the shell";
}

/// `outputs`: those of a program without a terminal, or null.
void start_shell(const char* message, std::size_t size, const int* outputs) {
  static char text[control::max_message];  // the strings of the command
  static ShellCommand command;
  init_protocol::StartShell header;
  if (slave < 0 || size < sizeof header) return report_failure("read the plugin's message", EPROTO);
  std::memcpy(&header, message, sizeof header);
  if (header.argument_count > 0) {
    command = ShellCommand();
    std::memcpy(text, message, size);
    if (!read_command(text, size, command)) {
      command = ShellCommand();
      return report_failure("read the plugin's message", EPROTO);
    }
  }
  if (command.working_directory == nullptr) return report_failure("read the plugin's message", EPROTO);
  winsize window{};
  window.ws_col = header.columns;
  window.ws_row = header.rows;
  ioctl(slave, TIOCSWINSZ, &window);

  struct Report {
    const char* what;  // points to the same constant in parent and child
    int error_number;
  };
  int report_pipe[2];
  if (pipe2(report_pipe, O_CLOEXEC) != 0) return report_failure("make a pipe", errno);
  const pid_t child = fork();
  if (child < 0) {
    report_failure("start a process", errno);
    close(report_pipe[0]);
    close(report_pipe[1]);
    return;
  }
  if (child == 0) {
    Report report{};
    report.what = become_shell(command, outputs);
    report.error_number = errno;
    [[maybe_unused]] const ssize_t written = write(report_pipe[1], &report, sizeof report);
    _exit(127);
  }
  close(report_pipe[1]);
  // exec closes the pipe, so reading nothing means that the shell runs.
  Report report{};
  ssize_t got;
  do {
    got = read(report_pipe[0], &report, sizeof report);
  } while (got < 0 && errno == EINTR);
  close(report_pipe[0]);
  close_descriptor(slave);
  if (got == static_cast<ssize_t>(sizeof report)) {
    waitpid(child, nullptr, 0);
    return report_failure(report.what, report.error_number);
  }
  shell = child;
  const char kind = init_protocol::started;
  control::send(control_socket, &kind, 1);
}

void note_end(pid_t process, int status) {
  if (process != shell) return;
  shell = 0;
  control::send(shell_end, &status, sizeof status);
}

void reap() {
  signalfd_siginfo ignored;
  while (read(child_signals, &ignored, sizeof ignored) > 0) continue;
  int status;
  for (pid_t process; (process = waitpid(-1, &status, WNOHANG)) > 0;) note_end(process, status);
}

/// Ends every process of the old shell, including background jobs: a leftover fork bomb would leave no room for the new
/// shell.
bool renew() {
  kill(-1, SIGKILL);
  int status;
  for (pid_t process; (process = waitpid(-1, &status, 0)) > 0 || errno == EINTR;) note_end(process, status);
  for (int* const old : {&shell_end, &shell_end_out, &slave, &master}) close_descriptor(*old);
  return make_terminal();
}

/// The plugin is gone. An init without --stay ends; one with --stay waits for the next plugin.
bool handle_disconnect() {
  close_descriptor(control_socket);
  return listener >= 0;
}

/// Whether no plugin is connected and none will be, because the sandbox's folder was removed. Any other error than its
/// absence is temporary.
bool is_abandoned() {
  return stays && control_socket < 0 && access(control_path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

/// Another plugin connects to take over. If the previous one is still connected, it loses the sandbox.
void accept_plugin() {
  const int socket = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (socket < 0) return;
  // The participant may find the socket too. Processes outside of this process namespace have no number in it.
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid != 0) {
    close(socket);
    return;
  }
  close_descriptor(control_socket);
  control_socket = socket;
  if (!offer_terminal()) close_descriptor(control_socket);
}

int connect_to(const char* path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (std::strlen(path) >= sizeof address.sun_path) return -1;
  std::strcpy(address.sun_path, path);
  const int socket = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (socket >= 0 && connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close(socket);
    return -1;
  }
  return socket;
}

/// Returns false when init has to end.
bool handle_message() {
  static char message[control::max_message];
  control::Descriptors received;
  const ssize_t size = control::receive(control_socket, message, sizeof message, received);
  if (size <= 0) return handle_disconnect();
  bool continues = true;
  if (message[0] == init_protocol::start_shell) {
    const bool has_outputs = received.count == init_protocol::program_descriptor_count;
    start_shell(message, static_cast<std::size_t>(size), has_outputs ? received.values : nullptr);
  } else if (tree_protocol::is_request(message[0])) {
    tree_protocol::serve(control_socket, message, static_cast<std::size_t>(size), received.values, received.count);
  } else if (message[0] == init_protocol::listener && stays && received.count == 1 && listener < 0) {
    listener = received.values[0];
    received.count = 0;
  } else {
    continues = message[0] == init_protocol::renew && renew();
  }
  for (std::size_t i = 0; i < received.count; ++i) close(received.values[i]);
  return continues;
}

}  // namespace

int main(int argument_count, char** arguments) {
  stays = argument_count == 4 && std::strcmp(arguments[1], init_protocol::stay) == 0;
  if (argument_count != (stays ? 4 : 3)) return 2;
  if (stays) control_path = arguments[2];
  control_socket = stays ? connect_to(control_path) : std::atoi(arguments[1]);
  if (control_socket < 0) return 3;
  home_path = arguments[argument_count - 1];
  fcntl(control_socket, F_SETFD, FD_CLOEXEC);
  umask(022);
  prctl(PR_SET_NAME, "sandbox_init");  // older kernels name a program that is run by descriptor after its number
  // The participant has the same user, and could otherwise read init's memory and descriptors through /proc/1.
  prctl(PR_SET_DUMPABLE, 0);

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  child_signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (child_signals < 0) {
    report_failure("make a signal descriptor", errno);
    return 1;
  }
  // Reading a tree needs one descriptor for each level; the shell gets its own limit.
  rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  // The kernel ignores every other signal: process 1 has no handler, and no process outside has a reason to send one.
  if (!make_terminal()) return 1;

  for (;;) {
    pollfd watched[] = {{control_socket, POLLIN, 0}, {child_signals, POLLIN, 0}, {listener, POLLIN, 0}};
    const int count = poll(watched, 3, stays && control_socket < 0 ? time_between_looks : -1);
    if (count == 0 && is_abandoned()) return 0;
    if (count <= 0) continue;
    if (watched[1].revents != 0) reap();
    if (watched[0].revents != 0 && !handle_message()) return 0;
    if (watched[2].revents != 0) accept_plugin();
  }
}
