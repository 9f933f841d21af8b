#pragma once

#include <optional>

#include "plugins/sandbox_common/control_client.hpp"
#include "plugins/sandbox_common/shell_plan.hpp"

namespace tellina::sandbox_common {

/// The init of a sandbox as the plugin sees it: its socket, and what it has handed out.
///
/// Threads: one at a time. Throws: Error(gone) where init has ended.
class InitClient {
 public:
  InitClient() = default;
  explicit InitClient(Descriptor socket) : m_socket(std::move(socket)) {}

  /// Waits for Ready. Returns what init could not do.
  std::optional<Failure> take_terminal(const Deadline& deadline, const std::string& what);
  /// Whether a shell was started on the terminal that was taken.
  bool has_shell() const { return m_has_shell; }

  void start_shell(const ShellPlan& plan, TerminalSize size, const Deadline& deadline);
  /// Ends every process of the old shell and starts a new one as the last time, on a new terminal.
  void restart_shell(TerminalSize size, const Deadline& deadline);

  const Descriptor& socket() const { return m_socket; }
  const Descriptor& home() const { return m_home; }
  int terminal() const { return m_terminal.get(); }
  /// Gets the shell's wait status when it ends.
  int shell_end() const { return m_shell_end.get(); }

  void close();

 private:
  void send_command(std::string message, const std::string& working_directory, const Deadline& deadline);

  Descriptor m_socket;
  Descriptor m_terminal;
  Descriptor m_home;
  Descriptor m_shell_end;
  bool m_has_shell = false;
};

}  // namespace tellina::sandbox_common
