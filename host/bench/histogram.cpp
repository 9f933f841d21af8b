#include "host/bench/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tellina::bench {
namespace {

constexpr int step_bits = 7;
constexpr std::uint64_t steps = 1U << step_bits;
constexpr int largest_bits = 42;
constexpr std::uint64_t largest = 1ULL << largest_bits;
constexpr std::size_t buckets = (largest_bits - step_bits + 1) * steps + 1;

std::size_t bucket_of(std::uint64_t value) {
  if (value < steps) return value;
  const int shift = std::bit_width(value) - step_bits - 1;
  return static_cast<std::size_t>(shift + 1) * steps + ((value >> shift) - steps);
}

std::uint64_t upper_end(std::size_t bucket) {
  if (bucket < steps) return bucket;
  const std::uint64_t shift = bucket / steps - 1;
  return ((steps + bucket % steps + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : m_buckets(buckets) {}

void Histogram::record(Nanoseconds value, std::uint64_t times) {
  const auto number =
      std::min<std::uint64_t>(largest, static_cast<std::uint64_t>(std::max<Nanoseconds::rep>(0, value.count())));
  m_buckets[bucket_of(number)] += times;
  m_count += times;
  m_max = std::max(m_max, Nanoseconds(number));
  m_sum += static_cast<double>(number) * static_cast<double>(times);
}

void Histogram::add(const Histogram& other) {
  for (std::size_t i = 0; i < m_buckets.size(); ++i) m_buckets[i] += other.m_buckets[i];
  m_count += other.m_count;
  m_max = std::max(m_max, other.m_max);
  m_sum += other.m_sum;
}

Nanoseconds Histogram::percentile(double percent) const {
  if (m_count == 0) return Nanoseconds(0);
  const auto wanted = std::max(1.0, std::ceil(percent / 100 * static_cast<double>(m_count) - 1e-6));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < m_buckets.size(); ++i) {
    seen += m_buckets[i];
    if (static_cast<double>(seen) >= wanted) return std::min(m_max, Nanoseconds(upper_end(i)));
  }
  return m_max;
}

Nanoseconds Histogram::mean() const {
  return Nanoseconds(m_count == 0 ? 0 : static_cast<Nanoseconds::rep>(m_sum / static_cast<double>(m_count)));
}

std::vector<std::pair<Nanoseconds, double>> Histogram::distribution() const {
  std::vector<std::pair<Nanoseconds, double>> points;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < m_buckets.size(); ++i) {
    if (m_buckets[i] == 0) continue;
    seen += m_buckets[i];
    points.emplace_back(std::min(m_max, Nanoseconds(upper_end(i))),
                        static_cast<double>(seen) / static_cast<double>(m_count));
  }
  return points;
}

}  // namespace tellina::bench
