/// supervisor DIRECTORY PROGRAM [ARGUMENT]...
///
/// Starts a program on a terminal and is responsible for all its descendants. Standard input is a socket to the plugin,
/// standard output the terminal. When the plugin's end of the socket closes, because of destroy() or the host's death,
/// it kills all of them and ends. Orphans become its own children, so it finds all.
///
/// It is a separate program because the host has many threads, so that hardly anything is allowed between fork() and
/// exec() there. Isolation belongs here too, before the program runs: unshare(2), setrlimit(2), chroot(2), ...

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "supervision.hpp"
#include "supervisor.hpp"

namespace {

constexpr int control = 0;
constexpr int terminal = 1;

using local_sandbox::failure;
using local_sandbox::Started;

/// The host has raised its own limit. Programs that use select(2) work only with descriptors below FD_SETSIZE.
void limit_descriptors() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= FD_SETSIZE) return;
  limit.rlim_cur = FD_SETSIZE;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// Runs in the child: executes the program, or returns the reason why it cannot.
Started exec_program(char** words) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // A new session with the terminal as its controlling terminal; without it, there is no job control and no Ctrl-C.
  if (setsid() < 0 || ioctl(terminal, TIOCSCTTY, 0) != 0) return failure("make the terminal the shell's own");
  if (dup2(terminal, STDIN_FILENO) < 0 || dup2(terminal, STDERR_FILENO) < 0) return failure("use the terminal");
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (chdir(words[1]) != 0) return failure("enter the working directory");
  limit_descriptors();
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);  // descriptors that the host itself inherited
  execv(words[2], words + 2);
  return failure("run the shell");
}

/// Returns the program's process, or -1 with the reason in `report`.
pid_t start(int child_signals, char** words, Started& report) {
  const pid_t program = local_sandbox::start_child(
      child_signals, [words] { return exec_program(words); }, report);
  // From here on only the program holds the terminal, which hangs up when its last user ends.
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(nothing, terminal);
  close(nothing);
  return program;
}

void reap(int child_signals, pid_t program) {
  signalfd_siginfo ignored;
  while (read(child_signals, &ignored, sizeof ignored) > 0) continue;
  int status;
  for (pid_t child; (child = waitpid(-1, &status, WNOHANG)) > 0;) {
    if (child == program) send(control, &status, sizeof status, MSG_NOSIGNAL);
  }
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 2;
  umask(022);
  const int child_signals = local_sandbox::watch_children();

  Started report;
  const pid_t program = start(child_signals, words, report);
  send(control, &report, sizeof report, MSG_NOSIGNAL);

  pollfd watched[] = {{control, POLLIN, 0}, {child_signals, POLLIN, 0}};
  while (program > 0) {
    if (poll(watched, 2, -1) < 0) continue;
    if (watched[0].revents != 0) break;
    if (watched[1].revents != 0) reap(child_signals, program);
  }
  local_sandbox::end_everything();
  return 0;
}
