#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace tellina::floor {

/// A program on a new pty, with the default signal dispositions: a server started in the background of a script has
/// SIGINT ignored, and its shells would inherit that.
class Shell {
 public:
  /// Throws std::system_error.
  explicit Shell(const std::vector<std::string>& words);
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;
  /// Hangs up, kills and waits. Closes the pty unless take_pty() was called.
  ~Shell();

  int pty() const { return m_pty; }
  /// The caller must close it.
  int take_pty();

 private:
  int m_pty = -1;
  pid_t m_process = -1;
};

/// Plain bash, without start-up files.
std::vector<std::string> bare_bash();

}  // namespace tellina::floor
