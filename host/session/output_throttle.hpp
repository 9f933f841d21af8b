#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "tellina/clock.hpp"

#include "host/limits.hpp"

namespace tellina {

/// Bounds what one task session puts into the record: past 64 MiB of output its pty is read at 256 KiB a second.
class OutputThrottle {
 public:
  /// `recorded`: bytes of output that the task session has in the record already.
  OutputThrottle(std::uint64_t recorded, MonotonicTime now);

  void count(std::size_t bytes);
  bool applies() const { return m_recorded >= limits::full_speed_output; }
  /// Whether it applies for the first time in this task session; true once.
  bool begins(MonotonicTime now);
  /// How long the pty must not be read; nothing where it may be read now. Where it applies.
  std::optional<std::chrono::nanoseconds> pause(MonotonicTime now);

 private:
  std::uint64_t m_recorded;
  bool m_has_begun;
  double m_credit;  ///< bytes
  MonotonicTime m_since;
};

}  // namespace tellina
