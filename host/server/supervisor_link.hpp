#pragma once

/// The connection between `tellina run` and the processes that it starts.

#include <cstdint>
#include <optional>
#include <string>

namespace tellina {

/// The started process's end. The supervisor's end closes when the supervisor ends, however it ends.
///
/// Threads: one.
class SupervisorLink {
 public:
  /// Takes the descriptor that the environment names, if a supervisor started this process. Removes the variable, so
  /// that processes started from here do not inherit it.
  SupervisorLink();
  SupervisorLink(const SupervisorLink&) = delete;
  SupervisorLink& operator=(const SupervisorLink&) = delete;
  ~SupervisorLink();

  bool is_supervised() const { return m_descriptor >= 0; }
  /// Readable once the supervisor is gone; -1 if there is none.
  int descriptor() const { return m_descriptor; }
  /// Reports that this process is ready. A gateway reports its port, others 0.
  void report_ready(std::uint16_t port) const;
  /// Reports that this process is alive. Does not wait.
  void report_alive() const;

  /// The exit status of a process that could not start for a temporary reason, such as a locked database. The
  /// supervisor restarts it until it succeeds. This is EX_TEMPFAIL of sysexits.h.
  static constexpr int try_again = 75;
  /// The environment variable; its value is the descriptor's number in the started process.
  static constexpr const char* variable = "TELLINA_SUPERVISOR";
  static constexpr int child_descriptor = 3;
  /// Reads what report_ready() wrote, without waiting; returns nothing if there is nothing yet.
  static std::optional<std::uint16_t> take_ready(int descriptor);
  /// Reads what report_alive() wrote, without waiting; returns whether there was any.
  static bool take_alive(int descriptor);

 private:
  int m_descriptor = -1;
};

}  // namespace tellina
