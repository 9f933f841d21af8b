#pragma once

/// A histogram of durations.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tellina {

/// Counts durations in fixed buckets, from 0.1 ms to 10 s. One thread writes, any thread reads. Counting takes a few
/// comparisons and two plain stores, so that it can be used for every keystroke.
class Histogram {
 public:
  /// Upper bounds, inclusive.
  static constexpr std::array<std::chrono::microseconds, 16> bounds{
      std::chrono::microseconds(100),     std::chrono::microseconds(250),     std::chrono::microseconds(500),
      std::chrono::microseconds(1000),    std::chrono::microseconds(2500),    std::chrono::microseconds(5000),
      std::chrono::microseconds(10000),   std::chrono::microseconds(25000),   std::chrono::microseconds(50000),
      std::chrono::microseconds(100000),  std::chrono::microseconds(250000),  std::chrono::microseconds(500000),
      std::chrono::microseconds(1000000), std::chrono::microseconds(2500000), std::chrono::microseconds(5000000),
      std::chrono::microseconds(10000000)};

  void observe(std::chrono::nanoseconds time) {
    std::size_t bucket = 0;
    while (bucket < bounds.size() && time > bounds[bucket]) ++bucket;
    add(m_counts[bucket], 1);
    add(m_sum, time.count());
  }

  /// The count of a bucket, 0 to bounds.size(). The last bucket has no upper bound.
  std::int64_t count(std::size_t bucket) const { return m_counts[bucket].load(std::memory_order_relaxed); }
  std::chrono::nanoseconds sum() const { return std::chrono::nanoseconds(m_sum.load(std::memory_order_relaxed)); }

 private:
  /// One thread writes, so no lock and no atomic addition is needed.
  static void add(std::atomic<std::int64_t>& number, std::int64_t difference) {
    number.store(number.load(std::memory_order_relaxed) + difference, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::int64_t>, bounds.size() + 1> m_counts{};
  std::atomic<std::int64_t> m_sum{0};
};

}  // namespace tellina
