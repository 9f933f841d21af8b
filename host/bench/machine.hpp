#pragma once

#include <string>

namespace tellina::bench {

/// Processor, cores, memory and kernel, on which the figures depend.
std::string machine_description();

}  // namespace tellina::bench
