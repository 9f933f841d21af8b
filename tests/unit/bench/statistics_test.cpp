#include "host/bench/statistics.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace tellina::bench {
namespace {

TEST(Statistics, MedianOfOddAndEven) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 3, 2}), 2.5);
  EXPECT_EQ(median({7}), 7);
}

TEST(Statistics, FifteenValuesGiveTheFourthAndTheTwelfth) {
  std::vector<double> values;
  for (int i = 15; i >= 1; --i) values.push_back(i);
  const Estimate estimate = estimate_median(values);
  EXPECT_EQ(estimate.median, 8);
  EXPECT_EQ(estimate.low, 4);
  EXPECT_EQ(estimate.high, 12);
  // 1 - 2 (C(15,0) + C(15,1) + C(15,2) + C(15,3)) / 2^15
  EXPECT_NEAR(estimate.confidence, 1 - 2 * 576.0 / 32768, 1e-9);
  EXPECT_EQ(estimate.count, 15U);
}

TEST(Statistics, FewValuesHaveALowConfidence) {
  EXPECT_EQ(estimate_median({5}).confidence, 0);
  EXPECT_NEAR(estimate_median({1, 2, 3, 4, 5}).confidence, 1 - 2.0 / 32, 1e-9);
  EXPECT_NEAR(estimate_median({1, 2, 3, 4, 5, 6}).confidence, 1 - 2.0 / 64, 1e-9);
}

TEST(Statistics, TheIntervalContainsTheTrueMedianAsOftenAsClaimed) {
  std::mt19937 generator(1);
  std::lognormal_distribution<double> skewed(0, 1);  // its median is 1
  int held = 0;
  constexpr int runs = 2000;
  for (int run = 0; run < runs; ++run) {
    std::vector<double> values;
    for (int i = 0; i < 15; ++i) values.push_back(skewed(generator));
    const Estimate estimate = estimate_median(values);
    if (estimate.low <= 1 && 1 <= estimate.high) ++held;
  }
  EXPECT_GE(held, runs * 95 / 100);
}

TEST(Statistics, OneDisturbedPairMovesTheRatioLittle) {
  std::vector<std::pair<double, double>> pairs(15, {1.1, 1.0});
  pairs[3] = {50, 1};
  const Estimate estimate = estimate_ratio(pairs);
  EXPECT_DOUBLE_EQ(estimate.median, 1.1);
  EXPECT_DOUBLE_EQ(estimate.high, 1.1);
}

TEST(Statistics, AZeroDenominatorIsIgnored) {
  EXPECT_EQ(estimate_ratio({{1, 0}, {2, 0}}).count, 0U);
  EXPECT_EQ(estimate_ratio({{1, 0}, {2, 1}}).count, 1U);
}

}  // namespace
}  // namespace tellina::bench
