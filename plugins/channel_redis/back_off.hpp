#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "tellina/clock.hpp"

namespace tellina::redis {

/// Delays that double from 50 ms to 2 s. Each is shortened at random by up to half, so that many clients do not
/// reconnect at once.
class BackOff {
 public:
  explicit BackOff(Random& random) : m_random(random) {}

  std::chrono::milliseconds next() {
    std::uint8_t share = 0;
    m_random.fill({&share, 1});
    const auto wait = m_longest - m_longest * share / 512;
    m_longest = std::min(2 * m_longest, highest);
    return wait;
  }
  void reset() { m_longest = lowest; }

 private:
  static constexpr std::chrono::milliseconds lowest{50};
  static constexpr std::chrono::milliseconds highest{2000};

  Random& m_random;
  std::chrono::milliseconds m_longest = lowest;
};

}  // namespace tellina::redis
