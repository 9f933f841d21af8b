#pragma once

#include <string>

#include "tellina/bytes.hpp"

namespace tellina {

/// SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits. Throws Error(internal) if OpenSSL fails.
std::string sha256(BytesView bytes);

}  // namespace tellina
