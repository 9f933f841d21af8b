#pragma once

/// A real bash on a real pty that prints the marks, and a tracker that follows it.

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/study/command_tracker.hpp"

namespace tellina::testing {

class RealShell {
 public:
  /// `check` may be null.
  explicit RealShell(OutputCheck* check);
  ~RealShell();
  RealShell(const RealShell&) = delete;
  RealShell& operator=(const RealShell&) = delete;

  /// Passes the bytes to the tracker and writes them to the pty.
  void type(const std::string& bytes);
  /// Reads the shell's output until the condition holds; returns false after 20 s.
  bool read_until(const std::function<bool()>& condition);
  /// Waits until another command has ended and the shell is ready; returns false if it is not this command.
  bool finished(const std::string& text);
  /// Types the line and waits until it has ended.
  bool run(const std::string& line) { return type(line + "\r"), finished(line); }
  /// Types the line and waits until it runs and has printed `output`.
  bool start(const std::string& line, const std::string& output);
  /// Waits until the running command's output contains the bytes.
  bool has_printed(const std::string& bytes);
  /// The shell's home.
  const std::filesystem::path& folder() const { return m_folder; }

  std::string stream;  ///< all output
  std::vector<CommandRecord> records;
  std::vector<bool> verdicts;
  std::unique_ptr<CommandTracker> tracker;

 private:
  std::filesystem::path m_folder;
  bool m_is_ready = false;
  std::uint64_t m_typed = 0;  ///< bytes so far
  int m_terminal = -1;
  pid_t m_process = -1;
};

}  // namespace tellina::testing
