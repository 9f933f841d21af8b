#include "plugins/sandbox_exec/shell_end.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace tellina::exec_sandbox {

std::optional<ExitStatus> parse_exit_status(const std::string& line) {
  const std::size_t space = line.find(' ');
  if (space == std::string::npos) return {};
  const std::string word = line.substr(0, space);
  const bool by_signal = word == "signal";
  if (!by_signal && word != "exit") return {};
  int number = -1;
  const char* const end = line.data() + line.size();
  const auto [stop, error] = std::from_chars(line.data() + space + 1, end, number);
  if (error != std::errc() || stop != end) return {};
  if (number < (by_signal ? 1 : 0) || number > (by_signal ? 64 : 255)) return {};
  return ExitStatus(by_signal, number);
}

ShellEnd::ShellEnd(Descriptor pipe) : m_pipe(std::move(pipe)) {
  fcntl(m_pipe.get(), F_SETFL, fcntl(m_pipe.get(), F_GETFL) | O_NONBLOCK);
}

void ShellEnd::read() {
  if (!m_pipe) return;
  char buffer[64];
  const ssize_t size = ::read(m_pipe.get(), buffer, sizeof buffer);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  // Without a line, the shell has ended with the program.
  if (size <= 0) return end(ExitStatus(true, SIGKILL));
  m_line.append(buffer, static_cast<std::size_t>(size));
  const std::size_t end_of_line = m_line.find('\n');
  if (end_of_line == std::string::npos && m_line.size() < sizeof buffer) return;
  end(parse_exit_status(m_line.substr(0, end_of_line)).value_or(ExitStatus(true, SIGKILL)));
}

std::optional<ExitStatus> ShellEnd::status() const {
  const std::lock_guard lock(m_mutex);
  return m_status;
}

void ShellEnd::end(ExitStatus status) {
  m_pipe.reset();
  {
    const std::lock_guard lock(m_mutex);
    m_status = status;
  }
  m_ended.raise();
}

}  // namespace tellina::exec_sandbox
