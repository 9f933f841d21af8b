#pragma once

#include <string>
#include <string_view>

#include "host/study/outcome.hpp"
#include "tellina/bytes.hpp"

namespace tellina {

/// The name of the database's key for such codes.
inline constexpr const char* completion_key = "completion_code";

/// A participant's own completion code: the first 8 characters of the base32 (RFC 4648) of HMAC-SHA-256 over the
/// participant's id ("P001") and the outcome, with the database's key. Who knows the key can verify a code.
std::string completion_code(BytesView key, std::string_view participant, Outcome outcome);

}  // namespace tellina
