#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace tellina::floor {

/// A program on a pty of its own, with the default signal dispositions: a server that was started in the background of
/// a script has SIGINT ignored, and so would everything in its shells.
class Shell {
 public:
  /// Throws std::system_error.
  explicit Shell(const std::vector<std::string>& words);
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;
  /// Hangs up, kills and waits; closes the pty unless it was taken.
  ~Shell();

  int pty() const { return m_pty; }
  /// The caller closes it.
  int take_pty();

 private:
  int m_pty = -1;
  pid_t m_process = -1;
};

/// bash as it comes, without start-up files.
std::vector<std::string> bare_bash();

}  // namespace tellina::floor
