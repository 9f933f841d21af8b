#include "host/client/child_process.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/client/failure.hpp"
#include "host/runtime/files.hpp"

namespace tellina::client {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds timeout{30};

/// Waits until the descriptor is readable; returns false if the limit or a signal comes first.
bool wait_readable(int descriptor, std::chrono::nanoseconds limit) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(limit);
  pollfd entry{descriptor, POLLIN, 0};
  return left.count() > 0 && ::poll(&entry, 1, static_cast<int>(left.count())) > 0;
}

/// Runs in the child, between fork and exec.
void exec_program(const fs::path& program, char* const* words, const fs::path& folder, int output, int errors) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setpgid(0, 0);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (output < 0 || errors < 0 || ::chdir(folder.c_str()) != 0) ::_exit(126);
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::execvp(program.c_str(), words);
  ::_exit(127);
}

}  // namespace

ChildProcess::ChildProcess(const fs::path& program, const std::vector<std::string>& arguments, const fs::path& folder,
                           const std::string& name, const Clock& clock)
    : m_clock(clock), m_program(program), m_errors(folder / (name + ".err")) {
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) throw ClientFailure(std::string("cannot create a pipe: ") + std::strerror(errno));
  m_output = Descriptor(ends[0]);
  const Descriptor output(ends[1]);
  const Descriptor errors(::open(m_errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  m_process = ::fork();
  if (m_process == 0) exec_program(program, words.data(), folder, output.get(), errors.get());
  if (m_process < 0) throw ClientFailure(m_program + " cannot be started: " + std::strerror(errno));
}

ChildProcess::~ChildProcess() {
  if (end()) return;
  ::kill(m_process, SIGINT);
  if (wait(timeout)) return;
  ::kill(m_process, SIGKILL);
  ::waitpid(m_process, nullptr, 0);
}

std::optional<std::string> ChildProcess::end() {
  int status = 0;
  if (!m_status && ::waitpid(m_process, &status, WNOHANG) == m_process) m_status = status;
  if (!m_status) return std::nullopt;
  return WIFSIGNALED(*m_status) ? "signal " + std::to_string(WTERMSIG(*m_status))
                                : "exit status " + std::to_string(WEXITSTATUS(*m_status));
}

bool ChildProcess::wait(std::chrono::milliseconds limit) {
  const MonotonicTime deadline = m_clock.now() + limit;
  const Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, m_process, 0)));
  while (!end()) {
    if (m_clock.now() >= deadline) return false;
    wait_readable(handle.get(), deadline - m_clock.now());
  }
  return true;
}

std::string ChildProcess::first_line(std::chrono::milliseconds limit, const std::function<void()>& check) {
  const MonotonicTime deadline = m_clock.now() + limit;
  std::string printed;
  std::size_t length = std::string::npos;
  while ((length = printed.find('\n')) == std::string::npos) {
    check();
    if (m_clock.now() >= deadline) {
      throw ClientFailure(m_program + " is not ready after " + std::to_string(limit.count() / 1000) + " s:\n" +
                          last_errors());
    }
    if (!wait_readable(m_output.get(), deadline - m_clock.now())) continue;
    char piece[1024];
    const ssize_t got = ::read(m_output.get(), piece, sizeof piece);
    if (got > 0) printed.append(piece, static_cast<std::size_t>(got));
    if (got == 0) {
      wait(timeout);
      throw ClientFailure(m_program + " ended during its start with " + end().value_or("nothing") + ":\n" +
                          last_errors());
    }
  }
  return printed.substr(0, length);
}

std::string ChildProcess::last_errors() const {
  constexpr std::size_t shown = 2000;
  const std::string text = read_text(m_errors);
  return text.size() > shown ? text.substr(text.size() - shown) : text;
}

fs::path own_program() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored);
}

Endpoint wait_for_endpoint(ChildProcess& server, std::chrono::milliseconds limit, const std::function<void()>& check) {
  constexpr std::string_view mark = "listening on http";
  const std::string line = server.first_line(limit, check);
  if (!line.starts_with(mark)) {
    throw ClientFailure("expected the server to print \"listening on http://ADDRESS:PORT\", got \"" + line + "\"");
  }
  const auto endpoint = parse_url(line.substr(mark.find("http")));
  if (!endpoint) throw ClientFailure("no client can connect to the address that the server printed: \"" + line + "\"");
  return *endpoint;
}

}  // namespace tellina::client
