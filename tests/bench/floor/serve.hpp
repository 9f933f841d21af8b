#pragma once

#include <cstdint>

namespace tellina::floor {

/// Prints its address and serves on a free port of 127.0.0.1 until SIGINT or SIGTERM. `drop`: leaves out every N-th
/// output byte; 0: none.
int serve(std::uint64_t drop);

}  // namespace tellina::floor
