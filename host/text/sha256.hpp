#pragma once

#include <string>

#include "tellina/bytes.hpp"

namespace tellina {

/// SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits. Throws Error(internal) if OpenSSL fails.
std::string sha256(BytesView bytes);

/// HMAC-SHA-256 (RFC 2104) as 32 bytes. Throws Error(internal) if OpenSSL fails.
Bytes hmac_sha256(BytesView key, BytesView message);

}  // namespace tellina
