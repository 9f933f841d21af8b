#pragma once

#include <cstdint>

namespace tellina::floor {

/// Serves on a free port of 127.0.0.1 until SIGINT or SIGTERM, and says which. `drop`: leaves out every such byte of
/// output; 0: none.
int serve(std::uint64_t drop);

}  // namespace tellina::floor
