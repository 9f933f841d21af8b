#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace tellina {

/// The duration of a task that has no end: 73 years, the longest time that the store reads.
inline constexpr std::chrono::nanoseconds untimed{std::int64_t{1} << 61};

/// A task's duration as the record has it, in seconds: infinite if it has no end.
inline double recorded_seconds(std::chrono::nanoseconds duration) {
  if (duration == untimed) return std::numeric_limits<double>::infinity();
  return std::chrono::duration<double>(duration).count();
}

}  // namespace tellina
