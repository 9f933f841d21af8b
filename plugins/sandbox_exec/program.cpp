#include "plugins/sandbox_exec/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <vector>

#include "plugins/sandbox_common/deadline.hpp"
#include "sdk/template/sandbox/spawn_request.hpp"

namespace tellina::exec_sandbox {

using local_sandbox::SpawnRequest;
using sandbox_common::system_error;

namespace {

constexpr int start_timeout_in_milliseconds = 10'000;
/// The supervisor needs three seconds for a program that ignores SIGTERM.
constexpr int end_timeout_in_milliseconds = 8000;
constexpr int program_socket = 3;

class Ends {
 public:
  Descriptor mine;
  Descriptor its;
};

Ends open_sockets() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) throw system_error("create sockets", errno);
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

Ends open_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw system_error("create a pipe", errno);
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

void set_non_blocking(const Descriptor& descriptor) {
  fcntl(descriptor.get(), F_SETFL, fcntl(descriptor.get(), F_GETFL) | O_NONBLOCK);
}

/// Gives the new process a descriptor under a number of at most 3. Returns a copy above these numbers, so that no
/// dup2() overwrites what a later one needs; it has to live until the process runs.
Descriptor give(SpawnRequest& request, const Descriptor& descriptor, int number) {
  Descriptor copy(fcntl(descriptor.get(), F_DUPFD_CLOEXEC, program_socket + 1));
  if (!copy) throw system_error("copy a descriptor", errno);
  const int error = posix_spawn_file_actions_adddup2(&request.actions, copy.get(), number);
  if (error != 0) throw system_error("pass a descriptor to a program", error);
  return copy;
}

int poll_one(int descriptor, short events, int timeout) {
  pollfd watched{descriptor, events, 0};
  int ready;
  do {
    ready = poll(&watched, 1, timeout);
  } while (ready < 0 && errno == EINTR);
  return ready;
}

}  // namespace

Program::Program(const Settings& settings) {
  spawn(settings);
  try {
    wait_for_start(settings);
  } catch (const Error&) {
    finish();
    throw;
  }
}

Program::~Program() { finish(); }

void Program::spawn(const Settings& settings) {
  Ends control = open_sockets();
  Ends packets = open_sockets();
  Ends output = open_pipe();
  Ends errors = open_pipe();
  SpawnRequest request;
  const std::array copies = {give(request, control.its, 0), give(request, output.its, 1), give(request, errors.its, 2),
                             give(request, packets.its, program_socket)};
  std::vector<std::string> words = {settings.supervisor, settings.folder};
  words.insert(words.end(), settings.command.begin(), settings.command.end());
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  variables.push_back("TELLINA_EXEC_SOCKET=" + std::to_string(program_socket));
  const int error =
      posix_spawn(&m_supervisor, settings.supervisor.c_str(), &request.actions, &request.attributes,
                  local_sandbox::make_pointers(words).data(), local_sandbox::make_pointers(variables).data());
  if (error != 0) {
    m_supervisor = -1;
    throw system_error(settings.supervisor, error, {}, "build or install all of tellina, which includes this program");
  }
  m_control = std::move(control.mine);
  m_socket = std::move(packets.mine);
  m_output = std::move(output.mine);
  m_errors = std::move(errors.mine);
  for (const Descriptor* mine : {&m_control, &m_socket, &m_output, &m_errors}) set_non_blocking(*mine);
}

void Program::wait_for_start(const Settings& settings) const {
  const std::string what = "start " + settings.command.front();
  exec_supervisor::Started started;
  if (poll_one(m_control.get(), POLLIN, start_timeout_in_milliseconds) == 0) {
    throw Error(ErrorCode::timed_out, what + ": no answer from its supervisor in time");
  }
  if (recv(m_control.get(), &started, sizeof started, 0) != static_cast<ssize_t>(sizeof started)) {
    throw Error(ErrorCode::internal, what + ": its supervisor has ended");
  }
  if (started.error_number == 0) return;
  started.step[sizeof started.step - 1] = '\0';
  throw system_error(what + ": " + started.step, started.error_number, ErrorCode::unavailable,
                     "correct sandbox.command, whose first word is the path of a program, or its name in PATH");
}

std::optional<int> Program::read_status(bool& is_over) const {
  int status = 0;
  const ssize_t size = recv(m_control.get(), &status, sizeof status, MSG_DONTWAIT);
  is_over = size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
  if (size == static_cast<ssize_t>(sizeof status)) return status;
  return {};
}

void Program::order(exec_supervisor::Order order) const {
  const char octet = order;
  send(m_control.get(), &octet, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Program::ask_to_end() const {
  shutdown(m_socket.get(), SHUT_RDWR);
  shutdown(m_control.get(), SHUT_WR);
}

void Program::finish() {
  if (m_supervisor < 0) return;
  ask_to_end();
  // The supervisor's end closes when nothing is left. What it sends before is the status of a program that has ended.
  for (bool is_over = false; !is_over;) {
    if (poll_one(m_control.get(), POLLIN, end_timeout_in_milliseconds) != 1) {
      ::kill(m_supervisor, SIGKILL);
      break;
    }
    read_status(is_over);
  }
  while (waitpid(m_supervisor, nullptr, 0) < 0 && errno == EINTR) continue;
  m_supervisor = -1;
}

}  // namespace tellina::exec_sandbox
