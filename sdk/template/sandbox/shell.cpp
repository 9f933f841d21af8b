#include "shell.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "spawn_request.hpp"
#include "supervisor.hpp"

namespace local_sandbox {

using tellina::Error;
using tellina::ErrorCode;
using tellina::ExitStatus;
using tellina::TerminalSize;

namespace {

constexpr int end_timeout_in_milliseconds = 5000;

/// Moves a descriptor above the standard streams, which the supervisor gets again.
Descriptor move_up(int descriptor) { return Descriptor(fcntl(descriptor, F_DUPFD_CLOEXEC, 3)); }

/// Disables XON/XOFF: otherwise Ctrl+S silently stops a terminal's output until Ctrl+Q. Returns false with errno set.
bool disable_flow_control(int terminal) {
  termios settings{};
  if (tcgetattr(terminal, &settings) != 0) return false;
  settings.c_iflag &= ~static_cast<tcflag_t>(IXON);
  return tcsetattr(terminal, TCSANOW, &settings) == 0;
}

}  // namespace

Shell::Shell(const ShellPlan& plan, TerminalSize size, std::chrono::steady_clock::time_point until) {
  m_terminal.reset(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  char name[64];
  if (!m_terminal || grantpt(m_terminal.get()) != 0 || unlockpt(m_terminal.get()) != 0 ||
      ptsname_r(m_terminal.get(), name, sizeof name) != 0 || fcntl(m_terminal.get(), F_SETFL, O_RDWR | O_NONBLOCK)) {
    throw system_error("open a terminal", errno);
  }
  const Descriptor other_end(open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!other_end || !disable_flow_control(other_end.get())) throw system_error(name, errno);
  resize(size);

  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) throw system_error("create sockets", errno);
  m_control.reset(sockets[0]);
  spawn(plan, Descriptor(sockets[1]), other_end);
  try {
    wait_for_start(plan, until);
  } catch (const Error&) {
    end();
    throw;
  }
}

void Shell::spawn(const ShellPlan& plan, const Descriptor& control, const Descriptor& terminal) {
  std::vector<std::string> words = {plan.supervisor, plan.working_directory};
  words.insert(words.end(), plan.arguments.begin(), plan.arguments.end());
  std::vector<std::string> variables;
  for (const auto& [name, value] : plan.environment) variables.push_back(name + "=" + value);

  SpawnRequest request;
  const Descriptor control_copy = move_up(control.get()), terminal_copy = move_up(terminal.get());
  posix_spawn_file_actions_adddup2(&request.actions, control_copy.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&request.actions, terminal_copy.get(), STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&request.actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t process = -1;
  const int error = posix_spawn(&process, plan.supervisor.c_str(), &request.actions, &request.attributes,
                                make_pointers(words).data(), make_pointers(variables).data());
  if (error != 0) {
    throw system_error(plan.supervisor, error,
                       "build or install the complete plugin, which includes this program at a fixed path");
  }
  m_supervisor = process;
}

void Shell::wait_for_start(const ShellPlan& plan, std::chrono::steady_clock::time_point end) {
  pollfd watched{m_control.get(), POLLIN, 0};
  int ready;
  do {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    ready = poll(&watched, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) throw Error(ErrorCode::timed_out, "start the shell: no answer in time");
  Started started;
  if (recv(m_control.get(), &started, sizeof started, 0) != static_cast<ssize_t>(sizeof started)) {
    throw Error(ErrorCode::internal, "start the shell: its supervisor has ended");
  }
  if (started.error_number == 0) return;
  throw system_error(std::string("start the shell: ") + started.step + " (" + plan.arguments.at(0) + " in " +
                         plan.working_directory + ")",
                     started.error_number);
}

std::optional<ExitStatus> Shell::ended() const {
  int status = 0;
  // Peeks, so that the descriptor stays readable.
  const ssize_t size = recv(m_control.get(), &status, sizeof status, MSG_PEEK | MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  // Without a status, the supervisor has been killed, and the kernel has killed the shell with it.
  if (size != sizeof status) return ExitStatus(true, SIGKILL);
  if (WIFSIGNALED(status)) return ExitStatus(true, WTERMSIG(status));
  return ExitStatus(false, WEXITSTATUS(status));
}

void Shell::resize(TerminalSize size) {
  winsize cells{};
  cells.ws_col = size.columns;
  cells.ws_row = size.rows;
  if (ioctl(m_terminal.get(), TIOCSWINSZ, &cells) != 0) throw system_error("resize the terminal", errno);
}

bool Shell::end() {
  if (m_supervisor < 0) return true;
  kill(m_supervisor, SIGCONT);  // a participant may have stopped it
  shutdown(m_control.get(), SHUT_WR);
  // The supervisor's end of the socket closes when it has killed everything.
  pollfd watched{m_control.get(), 0, 0};
  int ready;
  do {
    ready = poll(&watched, 1, end_timeout_in_milliseconds);
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) kill(m_supervisor, SIGKILL);
  while (waitpid(m_supervisor, nullptr, 0) < 0 && errno == EINTR) continue;
  m_supervisor = -1;
  m_terminal.reset();
  m_control.reset();
  return ready != 0;
}

}  // namespace local_sandbox
