#pragma once

/// How long things took, in few and fixed bytes however many there were.

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

namespace tellina::bench {

using Nanoseconds = std::chrono::nanoseconds;

/// Counts durations in buckets that are exact below 128 ns and at most 0.8 % wide above (logarithmic octaves of 128
/// linear steps, as HdrHistogram has them). Negative durations count as 0, those above 2^42 ns (73 minutes) as that.
class Histogram {
 public:
  Histogram();

  void record(Nanoseconds value, std::uint64_t times = 1);
  void add(const Histogram& other);

  std::uint64_t count() const { return m_count; }
  /// The least duration that `percent` of all are not above; the bucket's upper end, at most max(). 0 where it is
  /// empty.
  Nanoseconds percentile(double percent) const;
  Nanoseconds max() const { return m_max; }
  Nanoseconds mean() const;
  /// Upper end and share (0 to 1) of what is not above it, for each bucket that is not empty.
  std::vector<std::pair<Nanoseconds, double>> distribution() const;

 private:
  std::vector<std::uint64_t> m_buckets;
  std::uint64_t m_count = 0;
  Nanoseconds m_max{0};
  double m_sum = 0;
};

}  // namespace tellina::bench
