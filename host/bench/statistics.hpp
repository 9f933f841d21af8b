#pragma once

/// Statistics over repeated measurements.

#include <cstddef>
#include <utility>
#include <vector>

namespace tellina::bench {

/// If the number of values is even, this is the mean of the middle two. `values` is not empty.
double median(std::vector<double> values);

/// A median, and an interval that contains the true median with a probability of at least `confidence`.
class Estimate {
 public:
  Estimate() = default;
  double median = 0;
  double low = 0;
  double high = 0;
  double confidence = 0;  ///< of this interval; below 0.95 for fewer than six values
  std::size_t count = 0;
};

/// Uses only the ranks of the values, so that one disturbed measurement does not matter: the true median lies between
/// the k-th smallest and the k-th largest value with probability 1 - 2 P(Binomial(n, 1/2) < k). `values` is not empty.
Estimate estimate_median(std::vector<double> values);

/// The same for the ratios of pairs: first divided by second. Ignores pairs whose second value is not above 0; returns
/// an Estimate with count 0 if none is left.
Estimate estimate_ratio(const std::vector<std::pair<double, double>>& pairs);

}  // namespace tellina::bench
