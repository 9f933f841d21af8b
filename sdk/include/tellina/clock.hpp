#pragma once

/// Interfaces to time and random numbers, which the host provides and tests replace.

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "tellina/text.hpp"

namespace tellina {

/// Nanoseconds since boot, including the time while the machine is suspended (CLOCK_BOOTTIME). Comparable between all
/// processes of one boot of one machine; never decreases. Used for durations and deadlines.
struct BootClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};
using MonotonicTime = BootClock::time_point;

/// Nanoseconds since 1970 in UTC. May jump when the clock of the machine is set. Used only for the record.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

/// Threads: any. Lifetime: longer than that of every plugin.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonotonicTime now() const = 0;
  virtual WallTime wall_time() const = 0;
};

/// Threads: any. The host uses the generator of the kernel; tests use a seeded one.
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
