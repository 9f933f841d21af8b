#pragma once

#include <chrono>
#include <cstdint>

#include "tellina/clock.hpp"

namespace tellina {

/// A time as files and archives have it: seconds since 1970, and nanoseconds after them. A time that a WallTime cannot
/// hold (before 1677 or after 2262) becomes its first or last whole second. Threads: any.
inline WallTime file_time(std::int64_t seconds, std::int64_t nanoseconds) {
  constexpr std::int64_t most = std::chrono::floor<std::chrono::seconds>(std::chrono::nanoseconds::max()).count() - 1;
  if (seconds >= most) return WallTime(std::chrono::seconds(most));
  if (seconds <= -most) return WallTime(std::chrono::seconds(-most));
  constexpr std::int64_t second = 1'000'000'000;
  const std::int64_t part = nanoseconds < 0 ? 0 : nanoseconds < second ? nanoseconds : second - 1;
  return WallTime(std::chrono::seconds(seconds) + std::chrono::nanoseconds(part));
}

}  // namespace tellina
