#pragma once

/// How much work the frames of one participant may cause.

#include <chrono>

#include "tellina/clock.hpp"

namespace tellina {

/// A budget that is refilled all the time (limits::control_burst and control_units_in_a_second). It may be overdrawn:
/// then the participant's messages wait until it is not. So what is bounded is the rate, and no frame is refused.
///
/// Threads: one.
class WorkBudget {
 public:
  explicit WorkBudget(MonotonicTime now);

  void spend(double units, MonotonicTime now);
  /// How long the participant's messages have to wait; zero if they need not.
  std::chrono::nanoseconds pause(MonotonicTime now);
  bool is_overdrawn() const { return m_left < 0; }
  /// Nothing has been spent lately.
  bool is_full(MonotonicTime now);

  void check_invariant() const;

 private:
  void refill(MonotonicTime now);

  double m_left;  ///< units; negative while overdrawn
  MonotonicTime m_since;
};

}  // namespace tellina
