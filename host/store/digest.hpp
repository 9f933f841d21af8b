#pragma once

#include <string>

#include "tellina/bytes.hpp"

namespace tellina {

/// SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits: how the store keeps cookies.
std::string sha256_hex(BytesView bytes);

}  // namespace tellina
