#pragma once

/// How much work the frames of one participant may cause.

#include <array>
#include <chrono>
#include <cstdint>

#include "tellina/clock.hpp"

namespace tellina {

/// Budgets that are refilled all the time. Each may be overdrawn: then all of the participant's messages wait until it
/// is not. So what is bounded is the rate, and no frame is refused or lost.
///
/// Threads: one.
class WorkBudget {
 public:
  /// What pays for a frame, in addition to `control`, which pays for every text frame.
  enum class Account : std::uint8_t {
    control,       ///< limits::control_burst, control_units_in_a_second
    observations,  ///< limits::observation_burst, observations_in_a_second
    input_times,   ///< limits::observation_burst, input_times_in_a_second
  };

  explicit WorkBudget(MonotonicTime now);

  void spend(double units, MonotonicTime now, Account account = Account::control);
  /// How long the participant's messages have to wait; zero if they need not.
  std::chrono::nanoseconds pause(MonotonicTime now);
  bool is_overdrawn() const;
  /// Nothing has been spent lately.
  bool is_full(MonotonicTime now);

  void check_invariant() const;

 private:
  static constexpr std::size_t accounts = 3;

  void refill(MonotonicTime now);

  std::array<double, accounts> m_left;  ///< units; negative while overdrawn
  MonotonicTime m_since;
};

}  // namespace tellina
