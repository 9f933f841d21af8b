#pragma once

/// Time and randomness as the host lends them, so that tests can replace both.

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "tellina/text.hpp"

namespace tellina {

/// Nanoseconds since boot, time asleep included (CLOCK_BOOTTIME). Comparable between all processes of one boot
/// of one machine; never goes back. Durations and deadlines are made of it.
struct BootClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};
using MonotonicTime = BootClock::time_point;

/// Nanoseconds since 1970 in UTC; may jump when the machine's clock is set. For the record only.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

/// Threads: any. Lifetime: the host's, longer than every plugin's.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonotonicTime now() const = 0;
  virtual WallTime wall_time() const = 0;
};

/// Threads: any. The host's is the kernel's generator; a test's is seeded.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> bytes) = 0;
};

/// Returns 2 * `bytes` lower-case hexadecimal digits.
inline std::string random_token(Random& random, std::size_t bytes = 16) {
  std::string raw(bytes, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(raw.data()), raw.size()});
  return hexadecimal(raw);
}

}  // namespace tellina
