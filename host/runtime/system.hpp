#pragma once

/// The machine's clock and random number generator. Only main() and the tests of these classes create them; all other
/// code receives a reference.

#include <string>

#include "tellina/clock.hpp"

namespace tellina {

class SystemClock final : public Clock {
 public:
  MonotonicTime now() const override;
  WallTime wall_time() const override;
};

class SystemRandom final : public Random {
 public:
  /// Throws Error(internal) if the kernel gives no random bytes.
  void fill(std::span<std::uint8_t> bytes) override;
};

/// "2026-01-31T12:00:00.123456Z": the format of every time in the store and the log. `digits`: how many decimal places
/// of the second, 0 to 9.
std::string to_iso_8601(WallTime time, int digits = 6);

/// The kernel's identifier of this boot. MonotonicTime values are comparable only within one boot.
std::string boot_id();

}  // namespace tellina
