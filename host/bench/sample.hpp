#pragma once

/// The result of one measurement of one figure.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "host/bench/histogram.hpp"

namespace tellina::bench {

class Sample {
 public:
  Sample(std::string figure_, std::string target_) : figure(std::move(figure_)), target(std::move(target_)) {}

  std::string figure;
  std::string target;
  std::size_t pair = 0;
  std::vector<std::pair<std::string, double>> values;  ///< name with unit, and number
  Histogram latency;                                   ///< empty if the figure has none
  std::vector<std::string> failures;                   ///< sentences that say why the measurement is invalid
  bool has_broken = false;                             ///< the shell's state allows no further measurement

  void set(const std::string& name, double value) { values.emplace_back(name, value); }
};

}  // namespace tellina::bench
