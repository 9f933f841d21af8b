#pragma once

#include <string>

namespace tellina::bench {

/// Processor, cores, memory, kernel: what a figure depends on.
std::string machine_description();

}  // namespace tellina::bench
