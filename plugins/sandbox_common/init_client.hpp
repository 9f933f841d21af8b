#pragma once

#include <initializer_list>
#include <optional>
#include <string>

#include "plugins/sandbox_common/control_client.hpp"
#include "plugins/sandbox_common/shell_plan.hpp"

namespace tellina::sandbox_common {

/// The init of a sandbox as the plugin sees it: its socket, and the descriptors that it has sent.
///
/// Threads: one at a time. Throws Error(gone) if init has ended.
class InitClient {
 public:
  InitClient() = default;
  explicit InitClient(Descriptor socket) : m_socket(std::move(socket)) {}

  /// Waits for Ready. Returns the failure that init reports instead, if any.
  std::optional<Failure> take_terminal(const Deadline& deadline, const std::string& what);
  /// Whether a shell was started on the received terminal.
  bool has_shell() const { return m_has_shell; }

  void start_shell(const ShellPlan& plan, TerminalSize size, const Deadline& deadline);
  /// Starts a program without a terminal; shell_end() receives its wait status.
  void start_program(const ShellPlan& plan, int output, int errors, const Deadline& deadline);
  /// Ends every process of the old shell, and starts a new one with the same command on a new terminal.
  void restart_shell(TerminalSize size, const Deadline& deadline);

  const Descriptor& socket() const { return m_socket; }
  const Descriptor& home() const { return m_home; }
  int terminal() const { return m_terminal.get(); }
  /// Receives the shell's wait status when the shell ends.
  int shell_end() const { return m_shell_end.get(); }

  void close();

 private:
  void send_command(const std::string& message, const std::string& working_directory, const Deadline& deadline,
                    std::initializer_list<int> descriptors = {});

  Descriptor m_socket;
  Descriptor m_terminal;
  Descriptor m_home;
  Descriptor m_shell_end;
  bool m_has_shell = false;
};

}  // namespace tellina::sandbox_common
