#pragma once

/// How much of a task's time a participant has used.

#include <chrono>
#include <optional>

#include "tellina/clock.hpp"

namespace tellina {

/// A task's clock. It is stopped while there is no sandbox, because that is not the participant's fault. Pure: the time
/// is an argument and never decreases.
class TaskClock {
 public:
  /// A clock that has not started, for a task of `duration`, of which `charged` (at most all) is used.
  TaskClock(std::chrono::nanoseconds duration, std::chrono::nanoseconds charged);

  void start(MonotonicTime now);
  void stop(MonotonicTime now);

  bool runs() const { return m_started.has_value(); }
  /// When the clock was last started; absent while it is stopped.
  std::optional<MonotonicTime> started() const { return m_started; }
  /// The time charged until the last start or stop.
  std::chrono::nanoseconds charged_before() const { return m_charged_before; }
  /// From zero up to the duration.
  std::chrono::nanoseconds charged(MonotonicTime now) const;
  std::chrono::nanoseconds duration() const { return m_duration; }
  /// When the time will be up. Call it only while the clock runs.
  MonotonicTime deadline() const;

  void check_invariant() const;

 private:
  std::chrono::nanoseconds m_duration;
  std::chrono::nanoseconds m_charged_before;
  std::optional<MonotonicTime> m_started{};
};

}  // namespace tellina
