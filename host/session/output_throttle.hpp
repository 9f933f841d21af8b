#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "tellina/clock.hpp"

#include "host/limits.hpp"

namespace tellina {

/// Limits how much output one task session records: after 64 MiB, its pty is read at 256 KiB a second.
class OutputThrottle {
 public:
  /// `recorded`: bytes of the task session's output that are already in the record.
  OutputThrottle(std::uint64_t recorded, MonotonicTime now);

  void count(std::size_t bytes);
  bool applies() const { return m_recorded >= limits::full_speed_output; }
  /// True once per task session: when the throttle applies for the first time.
  bool begins(MonotonicTime now);
  /// How long the pty must not be read; nothing if it may be read now. Call it only while the throttle applies.
  std::optional<std::chrono::nanoseconds> pause(MonotonicTime now);

  void check_invariant() const;

 private:
  std::uint64_t m_recorded;
  bool m_has_begun;
  double m_credit;  ///< bytes
  MonotonicTime m_since;
};

}  // namespace tellina
