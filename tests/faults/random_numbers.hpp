#pragma once

/// Random numbers from a seed.

#include <chrono>
#include <cstdint>
#include <random>
#include <span>

namespace tellina::faults {

using Milliseconds = std::chrono::milliseconds;

/// Generates the same numbers from the same seed on every machine. Threads: one.
class RandomNumbers {
 public:
  /// `stream` separates different users of one seed: the draws of one do not affect those of the others.
  RandomNumbers(std::uint64_t seed, std::uint64_t stream) {
    std::seed_seq both{seed, seed >> 32U, stream, stream >> 32U};
    m_engine.seed(both);
  }

  /// From `least` to `most`, both included.
  int between(int least, int most) {
    const auto width = static_cast<std::uint64_t>(most - least) + 1;
    return least + static_cast<int>(m_engine() % width);
  }
  Milliseconds between(Milliseconds least, Milliseconds most) {
    return Milliseconds(between(static_cast<int>(least.count()), static_cast<int>(most.count())));
  }
  bool chance(int percent) { return between(1, 100) <= percent; }
  template <typename Range>
  const auto& pick(const Range& range) {
    return range[static_cast<std::size_t>(between(0, static_cast<int>(std::size(range)) - 1))];
  }

 private:
  std::mt19937_64 m_engine;
};

}  // namespace tellina::faults
