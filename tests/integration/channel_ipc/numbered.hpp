#pragma once

/// Messages whose content shows whether they arrived unchanged.

#include <map>
#include <string>

#include "tellina/channel_layer.hpp"

namespace tellina::testing {

/// For senders whose name begins with "big", one in 40 messages is large, up to the limit.
inline std::size_t numbered_size(const std::string& sender, Sequence sequence) {
  if (sender.starts_with("big") && sequence % 40 == 7) return max_body_size >> (sequence / 40 % 8);
  return sequence % 64;
}

inline Message numbered(const std::string& sender, Sequence sequence) {
  Message message(MessageKind::data, sender, sequence, Bytes(numbered_size(sender, sequence), '\0'));
  for (std::size_t i = 0; i < message.body.size(); ++i) message.body[i] = static_cast<char>(sequence + 31 * i);
  return message;
}

inline bool is_as_sent(const Message& message) {
  return message.body == numbered(message.connection, message.sequence).body;
}

}  // namespace tellina::testing
