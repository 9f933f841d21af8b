#pragma once

/// What several measurements of one thing say together.

#include <cstddef>
#include <utility>
#include <vector>

namespace tellina::bench {

/// Of the middle two where there are two. `values` is not empty.
double median(std::vector<double> values);

/// A median and the interval that holds the true one with at least `confidence` certainty.
class Estimate {
 public:
  Estimate() = default;
  double median = 0;
  double low = 0;
  double high = 0;
  double confidence = 0;  ///< what the interval really has; below 0.95 where there are fewer than six values
  std::size_t count = 0;
};

/// From the values' ranks alone, so that one disturbed measurement moves nothing: between the k-th least and the k-th
/// greatest value lies the true median with probability 1 - 2 P(Binomial(n, 1/2) < k). `values` is not empty.
Estimate estimate_median(std::vector<double> values);

/// The same of the ratios of pairs: first divided by second. Pairs whose second is not above 0 do not count; an
/// Estimate with count 0 where none is left.
Estimate estimate_ratio(const std::vector<std::pair<double, double>>& pairs);

}  // namespace tellina::bench
