#include "host/bench/histogram.hpp"

#include <gtest/gtest.h>

namespace tellina::bench {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;

TEST(Histogram, ReturnsZeroWhenEmpty) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.percentile(50).count(), 0);
  EXPECT_EQ(histogram.mean().count(), 0);
  EXPECT_TRUE(histogram.distribution().empty());
}

TEST(Histogram, IsExactForShortDurations) {
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.record(Nanoseconds(i));
  EXPECT_EQ(histogram.percentile(50).count(), 50);
  EXPECT_EQ(histogram.percentile(99).count(), 99);
  EXPECT_EQ(histogram.percentile(100).count(), 100);
  EXPECT_EQ(histogram.percentile(0).count(), 1);
}

TEST(Histogram, IsAtMostEightPerMilleTooHighForLongDurations) {
  for (std::int64_t value = 129; value < (1LL << 41); value += value / 3) {
    Histogram histogram;
    histogram.record(Nanoseconds(value));
    histogram.record(hours(1));
    const std::int64_t found = histogram.percentile(50).count();
    EXPECT_GE(found, value);
    EXPECT_LE(static_cast<double>(found), static_cast<double>(value) * 1.008);
  }
}

TEST(Histogram, ReturnsTheUpperEndOfABucket) {
  Histogram histogram;
  histogram.record(Nanoseconds(1000));  // of the bucket from 1000 to 1003
  histogram.record(hours(1));
  EXPECT_EQ(histogram.percentile(50).count(), 1003);
}

TEST(Histogram, ReturnsTheMaximumExactly) {
  Histogram histogram;
  histogram.record(microseconds(123457));
  EXPECT_EQ(histogram.percentile(99.9), microseconds(123457));
  EXPECT_EQ(histogram.max(), microseconds(123457));
  EXPECT_EQ(histogram.mean(), microseconds(123457));
}

TEST(Histogram, ClampsDurationsOutOfRange) {
  Histogram histogram;
  histogram.record(Nanoseconds(-5));
  histogram.record(hours(1000));
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_EQ(histogram.percentile(50).count(), 0);
  EXPECT_EQ(histogram.max().count(), std::int64_t{1} << 42);
}

TEST(Histogram, AddsAnotherHistogram) {
  Histogram one;
  Histogram other;
  one.record(Nanoseconds(10), 3);
  other.record(Nanoseconds(20));
  one.add(other);
  EXPECT_EQ(one.count(), 4U);
  EXPECT_EQ(one.percentile(75).count(), 10);
  EXPECT_EQ(one.max().count(), 20);
  const std::vector<std::pair<Nanoseconds, double>> expected{{Nanoseconds(10), 0.75}, {Nanoseconds(20), 1.0}};
  EXPECT_EQ(one.distribution(), expected);
}

}  // namespace
}  // namespace tellina::bench
