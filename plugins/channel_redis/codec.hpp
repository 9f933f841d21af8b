#pragma once

/// A message as octets, as it lies in a list of Redis.

#include <optional>
#include <string_view>

#include "tellina/message.hpp"

namespace tellina::redis {

/// Whether encode() can take it, apart from the size of its body.
bool has_encodable_names(const Message& message);

/// One octet each of version and kind, eight of sequence and two of each name's length (all big-endian), the
/// connection, the reply channel, and the body to the end.
Bytes encode(const Message& message);

/// Returns what is wrong with the octets, or null where `message` now holds them.
const char* decode(BytesView octets, Message& message);

}  // namespace tellina::redis
