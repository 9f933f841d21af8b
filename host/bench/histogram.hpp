#pragma once

/// Durations in a fixed amount of memory, however many there are.

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

namespace tellina::bench {

using Nanoseconds = std::chrono::nanoseconds;

/// Counts durations in buckets that are exact below 128 ns and at most 0.8 % wide above (logarithmic octaves of 128
/// linear steps, as in HdrHistogram). Negative durations count as 0, and those above 2^42 ns (73 minutes) as 2^42 ns.
class Histogram {
 public:
  Histogram();

  void record(Nanoseconds value, std::uint64_t times = 1);
  void add(const Histogram& other);

  std::uint64_t count() const { return m_count; }
  /// The smallest duration that is not exceeded by `percent` of all; more exactly, the upper end of its bucket, at most
  /// max(). 0 if the histogram is empty.
  Nanoseconds percentile(double percent) const;
  Nanoseconds max() const { return m_max; }
  Nanoseconds mean() const;
  /// For each bucket that is not empty: its upper end, and the share (0 to 1) of durations up to there.
  std::vector<std::pair<Nanoseconds, double>> distribution() const;

 private:
  std::vector<std::uint64_t> m_buckets;
  std::uint64_t m_count = 0;
  Nanoseconds m_max{0};
  double m_sum = 0;
};

}  // namespace tellina::bench
