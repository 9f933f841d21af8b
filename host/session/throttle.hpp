#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "tellina/clock.hpp"

namespace tellina {

/// Lets a total of units through at full speed, and after that so many a second. A unit is a byte of a stream, or a
/// command.
class Throttle {
 public:
  /// `slow_in_a_second` > 0. `counted`: units of the task session that are already in the record.
  Throttle(std::uint64_t full_speed, double slow_in_a_second, std::uint64_t counted, MonotonicTime now);

  void count(std::uint64_t units);
  bool applies() const { return m_counted >= m_full_speed; }
  /// True once per task session: when the throttle applies for the first time.
  bool begins(MonotonicTime now);
  /// How long nothing more may be let through; nothing if it may continue now. Call it only while the throttle applies.
  std::optional<std::chrono::nanoseconds> pause(MonotonicTime now);

  void check_invariant() const;

 private:
  const std::uint64_t m_full_speed;
  const double m_slow_in_a_second;
  std::uint64_t m_counted;
  bool m_has_begun;
  double m_credit;  ///< units
  MonotonicTime m_since;
};

}  // namespace tellina
