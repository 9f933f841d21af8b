#pragma once

/// How much of a task's time a participant has used.

#include <chrono>
#include <optional>

#include "tellina/clock.hpp"

namespace tellina {

/// Runs, or stands while there is no sandbox, which is not the participant's doing. Pure: the time is an argument, and
/// never goes back.
class TaskClock {
 public:
  /// A clock that has not started: of a task that has `duration`, of which `charged` (at most all) is used.
  TaskClock(std::chrono::nanoseconds duration, std::chrono::nanoseconds charged);

  void start(MonotonicTime now);
  void stop(MonotonicTime now);

  bool runs() const { return m_started.has_value(); }
  /// Since when it runs; absent while it stands.
  std::optional<MonotonicTime> started() const { return m_started; }
  /// What was charged until it was last started or stopped.
  std::chrono::nanoseconds charged_before() const { return m_charged_before; }
  /// From zero up to the duration.
  std::chrono::nanoseconds charged(MonotonicTime now) const;
  std::chrono::nanoseconds duration() const { return m_duration; }
  /// When the time is up, while the clock runs.
  MonotonicTime deadline() const;

  void check_invariant() const;

 private:
  std::chrono::nanoseconds m_duration;
  std::chrono::nanoseconds m_charged_before;
  std::optional<MonotonicTime> m_started{};
};

}  // namespace tellina
