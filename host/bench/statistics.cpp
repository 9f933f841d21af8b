#include "host/bench/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace tellina::bench {
namespace {

constexpr double wanted_confidence = 0.95;

/// P(Binomial(count, 1/2) < rank).
double tail(std::size_t count, std::size_t rank) {
  const auto n = static_cast<double>(count);
  double sum = 0;
  for (std::size_t i = 0; i < rank; ++i) {
    const auto k = static_cast<double>(i);
    sum += std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) - n * std::log(2.0));
  }
  return sum;
}

}  // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Estimate estimate_median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  Estimate estimate;
  estimate.count = values.size();
  estimate.median = median(values);
  std::size_t rank = 1;
  while (2 * (rank + 1) <= values.size() && 1 - 2 * tail(values.size(), rank + 1) >= wanted_confidence) ++rank;
  estimate.low = values[rank - 1];
  estimate.high = values[values.size() - rank];
  estimate.confidence = values.size() < 2 ? 0 : 1 - 2 * tail(values.size(), rank);
  return estimate;
}

Estimate estimate_ratio(const std::vector<std::pair<double, double>>& pairs) {
  std::vector<double> ratios;
  for (const auto& [first, second] : pairs) {
    if (second > 0) ratios.push_back(first / second);
  }
  return ratios.empty() ? Estimate() : estimate_median(std::move(ratios));
}

}  // namespace tellina::bench
