#pragma once

#include <ostream>

#include "host/options/bench_options.hpp"

namespace tellina::bench {

/// Measures the requested figures, prints a table to `out`, and failures and a progress bar to `err`. Returns 0, or 1
/// if a figure could not be measured. Throws UsageError for contradictory options.
int run_bench(const BenchOptions& options, std::ostream& out, std::ostream& err);

}  // namespace tellina::bench
