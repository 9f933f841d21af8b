#pragma once

#include "tellina/clock.hpp"

namespace tellina {

/// One point in time on both clocks: UTC for readers, nanoseconds since boot for arithmetic.
class Timestamp {
 public:
  Timestamp() = default;
  explicit Timestamp(const Clock& clock) : wall(clock.wall_time()), monotonic(clock.now()) {}
  WallTime wall{};
  MonotonicTime monotonic{};
};

}  // namespace tellina
