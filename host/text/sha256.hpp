#pragma once

#include <string>

#include "tellina/bytes.hpp"

namespace tellina {

/// SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits. Throws Error(internal) where OpenSSL cannot compute it.
std::string sha256(BytesView bytes);

}  // namespace tellina
