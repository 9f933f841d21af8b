#pragma once

/// The line between `tellina run` and the processes that it starts.

#include <cstdint>
#include <optional>
#include <string>

namespace tellina {

/// A started process's end. The supervisor's end closes when the supervisor ends, however it does.
///
/// Threads: one.
class SupervisorLink {
 public:
  /// What the environment names; without it nobody supervises this process. Takes it out of the environment, so that no
  /// process started from here takes itself for supervised.
  SupervisorLink();
  SupervisorLink(const SupervisorLink&) = delete;
  SupervisorLink& operator=(const SupervisorLink&) = delete;
  ~SupervisorLink();

  bool is_supervised() const { return m_descriptor >= 0; }
  /// Readable once the supervisor has gone; -1 where there is none.
  int descriptor() const { return m_descriptor; }
  /// Says that this process serves; a gateway says at which port, others 0.
  void tell_ready(std::uint16_t port) const;

  /// The variable, and the number that the descriptor has in the started process.
  static constexpr const char* variable = "TELLINA_SUPERVISOR";
  static constexpr int child_descriptor = 3;
  /// Reads what tell_ready() wrote, without waiting; nothing where nothing has come.
  static std::optional<std::uint16_t> take_ready(int descriptor);

 private:
  int m_descriptor = -1;
};

}  // namespace tellina
