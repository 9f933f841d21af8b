#pragma once

/// What a client's frames count in the window between gateway and worker.

#include <algorithm>
#include <cstddef>

#include "host/limits.hpp"

namespace tellina {

/// Gateway and worker both compute it from a frame's size in bytes.
inline std::size_t frame_units(bool is_text, std::size_t bytes) {
  if (!is_text) return limits::binary_frame_units;
  return std::clamp(bytes, limits::smallest_text_frame_units, limits::largest_text_frame_units);
}

}  // namespace tellina
