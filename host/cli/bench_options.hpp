#pragma once

#include <vector>

#include "host/cli/command_table.hpp"

namespace tellina {

/// Of `tellina bench`.
const std::vector<const OptionRow*>& bench_options();

}  // namespace tellina
