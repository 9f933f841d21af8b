#pragma once

#include <cstddef>

#include "tellina/bytes.hpp"

namespace tellina {

/// Size in bytes, 1 to 4, of the well-formed UTF-8 sequence (RFC 3629) at the start of `bytes`; 0 where there is none
/// and for a zero byte. `bytes` is not empty.
std::size_t utf8_sequence_size(BytesView bytes);

}  // namespace tellina
