#pragma once

/// A shell on a pseudo terminal of this machine.

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "posix.hpp"
#include "tellina/sandbox.hpp"

namespace local_sandbox {

/// How to start the shell.
class ShellPlan {
 public:
  std::string supervisor;              ///< path of the program supervisor.cpp
  std::string working_directory;       ///< absolute
  std::vector<std::string> arguments;  ///< the first is the shell's path
  std::map<std::string, std::string> environment;
};

/// Lifetime: its processes end with the object, or with the host.
class Shell {
 public:
  /// Returns when the shell runs. Throws Error, at `until` Error(timed_out); then nothing is left behind.
  Shell(const ShellPlan& plan, tellina::TerminalSize size, std::chrono::steady_clock::time_point until);
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;
  ~Shell() { end(); }

  /// Non-blocking.
  int terminal() const { return m_terminal.get(); }
  /// Readable, permanently, once the shell has ended.
  int ended_descriptor() const { return m_control.get(); }
  std::optional<tellina::ExitStatus> ended() const;
  void resize(tellina::TerminalSize size);

  /// Ends the shell and all its descendants. Returns false if some did not end within 5 s. Idempotent.
  bool end();

 private:
  void spawn(const ShellPlan& plan, const Descriptor& control, const Descriptor& terminal);
  void wait_for_start(const ShellPlan& plan, std::chrono::steady_clock::time_point end);

  Descriptor m_terminal;
  Descriptor m_control;
  pid_t m_supervisor = -1;
};

}  // namespace local_sandbox
