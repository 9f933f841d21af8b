#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "plugins/common/wake_up.hpp"
#include "tellina/descriptor.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::exec_sandbox {

/// How a shell ends, as the program reports it over a pipe: "exit 3\n" or "signal 9\n", and then the pipe's end.
///
/// Threads: read() is called by one; the others by any.
class ShellEnd {
 public:
  /// Takes the end of the pipe to read from. Throws Error if the process has no descriptor left.
  explicit ShellEnd(Descriptor pipe);

  /// The pipe to watch; -1 once the shell has ended.
  int pipe() const { return m_pipe.get(); }
  /// Reads what there is, without waiting.
  void read();

  /// Readable, permanently, once the shell has ended.
  int descriptor() const { return m_ended.descriptor(); }
  std::optional<ExitStatus> status() const;

 private:
  void end(ExitStatus status);

  Descriptor m_pipe;
  std::string m_line;
  WakeUp m_ended;
  mutable std::mutex m_mutex;
  std::optional<ExitStatus> m_status;
};

/// Reads "exit N" with N up to 255, or "signal N" with N from 1 to 64. Returns nothing for any other text.
std::optional<ExitStatus> parse_exit_status(const std::string& line);

}  // namespace tellina::exec_sandbox
