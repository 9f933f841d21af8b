#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "plugins/sandbox_exec/settings.hpp"
#include "plugins/sandbox_exec/supervisor_protocol.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::exec_sandbox {

/// The researcher's program, below its supervisor.
///
/// Threads: any; only one may read each descriptor. Lifetime: the program ends with the object, at the latest some
/// seconds later.
class Program {
 public:
  /// Returns when the program runs. Throws Error; then nothing is left behind.
  explicit Program(const Settings& settings);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  /// Sequenced packets from and to the program. Non-blocking.
  int socket() const { return m_socket.get(); }
  /// Readable when the program has ended. Non-blocking.
  int supervisor_socket() const { return m_control.get(); }
  int output() const { return m_output.get(); }  ///< non-blocking
  int errors() const { return m_errors.get(); }  ///< non-blocking

  /// The program's wait status once it has ended. `is_over`: the supervisor has ended too, and nothing is left.
  std::optional<int> read_status(bool& is_over) const;

  /// What the program leaves may outlive it.
  void let_its_processes_live() const { order(exec_supervisor::keep); }
  /// Ends the program at once.
  void kill() const { order(exec_supervisor::kill); }
  /// The program gets SIGTERM and sees the end of its socket; some seconds later it is killed.
  void ask_to_end() const;
  /// Does so, and waits until nothing is left. The descriptors stay open. Idempotent.
  void finish();

 private:
  void spawn(const Settings& settings);
  void wait_for_start(const Settings& settings) const;
  void order(exec_supervisor::Order order) const;

  Descriptor m_socket;
  Descriptor m_control;
  Descriptor m_output;
  Descriptor m_errors;
  pid_t m_supervisor = -1;
};

}  // namespace tellina::exec_sandbox
