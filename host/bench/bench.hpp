#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "host/bench/options.hpp"

namespace tellina::bench {

/// Measures what the options ask for, prints a table to `out`, failures and a progress bar to `err`. Returns 0, or 1
/// where something could not be measured. Throws UsageError for options that contradict each other.
int run_bench(const BenchOptions& options, std::ostream& out, std::ostream& err);

/// The figures there are, in the order in which they are measured.
const std::vector<std::string>& all_figures();

}  // namespace tellina::bench
