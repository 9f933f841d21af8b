#pragma once

#include <ostream>

#include "host/options/bench_options.hpp"

namespace tellina::bench {

/// Measures what the options ask for, prints a table to `out`, failures and a progress bar to `err`. Returns 0, or 1
/// where something could not be measured. Throws UsageError for options that contradict each other.
int run_bench(const BenchOptions& options, std::ostream& out, std::ostream& err);

}  // namespace tellina::bench
