/// exec_supervisor FOLDER PROGRAM [ARGUMENT]...
///
/// Starts a program in a folder and is responsible for all its descendants. Standard input is a socket to the plugin
/// (supervisor_protocol.hpp), standard output and error are the program's, and descriptor 3 is the program's socket to
/// the plugin. When the program ends, everything that it started is killed, unless the plugin has said that it may
/// stay. When the plugin's end of the socket closes, the program gets SIGTERM and some time.
///
/// It is a separate program because the host has many threads, so that hardly anything is allowed between fork() and
/// exec() there; and because it outlives a host that was killed.

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

#include "plugins/sandbox_exec/supervisor_protocol.hpp"
#include "sdk/template/sandbox/supervision.hpp"

namespace {

using local_sandbox::failure;
using local_sandbox::Started;
using tellina::exec_supervisor::Order;

constexpr int control = 0;
constexpr int program_socket = 3;
/// How long the program may take to end after SIGTERM, in milliseconds.
constexpr long term_timeout = 3000;

long now_in_milliseconds() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1'000'000;
}

/// Runs in the child: executes the program, or returns the reason why it cannot.
Started exec_program(char** words) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (setpgid(0, 0) != 0) return failure("make a process group");
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0) return failure("open /dev/null");
  if (nothing > program_socket) close(nothing);
  if (chdir(words[1]) != 0) return failure("enter the configuration's folder");
  execvp(words[2], words + 2);
  return failure("run the program");
}

/// From here on only the program and its children hold its socket and its output.
void let_go_of_what_is_the_programs() {
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(nothing, STDOUT_FILENO);
  dup2(nothing, STDERR_FILENO);
  dup2(nothing, program_socket);
  if (nothing > program_socket) close(nothing);
}

/// Watches the program until it has ended or has to.
class Watch {
 public:
  Watch(pid_t program, int child_signals) : m_program(program), m_child_signals(child_signals) {}

  /// Returns when the program has ended, or when it must not live any longer.
  void run() {
    while (m_state != State::over) {
      pollfd watched[] = {{m_child_signals, POLLIN, 0}, {m_state == State::running ? control : -1, POLLIN, 0}};
      const long left = m_state == State::running ? -1 : m_end - now_in_milliseconds();
      if (m_state == State::ending && left <= 0) return;
      if (poll(watched, 2, static_cast<int>(left)) < 0) continue;
      if (watched[0].revents != 0) reap();
      if (watched[1].revents != 0 && m_state == State::running) obey();
    }
  }

  /// Kills what must not outlive the program.
  void clean_up() const {
    if (m_keeps) {
      kill(-m_program, SIGKILL);
    } else {
      local_sandbox::end_everything();
    }
  }

 private:
  enum class State { running, ending, over };

  void reap() {
    signalfd_siginfo ignored;
    while (read(m_child_signals, &ignored, sizeof ignored) > 0) continue;
    int status;
    for (pid_t child; (child = waitpid(-1, &status, WNOHANG)) > 0;) {
      if (child != m_program) continue;
      m_state = State::over;
      send(control, &status, sizeof status, MSG_NOSIGNAL);
    }
  }

  void obey() {
    char order = 0;
    const ssize_t size = recv(control, &order, 1, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size == 1 && order == Order::keep) {
      m_keeps = true;
    } else if (size == 1 && order == Order::kill) {
      m_state = State::over;
    } else if (size <= 0) {
      kill(-m_program, SIGTERM);
      m_state = State::ending;
      m_end = now_in_milliseconds() + term_timeout;
    }
  }

  const pid_t m_program;
  const int m_child_signals;
  State m_state = State::running;
  bool m_keeps = false;
  long m_end = 0;
};

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 2;
  close_range(program_socket + 1, ~0U, 0);  // descriptors that the host itself inherited
  const int child_signals = local_sandbox::watch_children();

  Started report;
  const pid_t program = local_sandbox::start_child(
      child_signals, [words] { return exec_program(words); }, report);
  let_go_of_what_is_the_programs();
  send(control, &report, sizeof report, MSG_NOSIGNAL);
  if (program > 0) {
    Watch watch(program, child_signals);
    watch.run();
    watch.clean_up();
  }
  return 0;
}
