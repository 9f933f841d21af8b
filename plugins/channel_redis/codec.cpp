#include "codec.hpp"

#include <cstdint>
#include <limits>

namespace tellina::redis {
namespace {

constexpr char version = 1;
constexpr std::size_t header_size = 1 + 1 + 8 + 2 + 2;
constexpr auto highest_kind = static_cast<std::uint8_t>(MessageKind::reply);

template <typename Number>
void append_number(Bytes& octets, Number number) {
  for (int shift = 8 * (static_cast<int>(sizeof number) - 1); shift >= 0; shift -= 8) {
    octets += static_cast<char>(number >> shift);
  }
}

template <typename Number>
Number take_number(BytesView& octets) {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    number = static_cast<Number>(number << 8 | static_cast<std::uint8_t>(octets[i]));
  }
  octets.remove_prefix(sizeof number);
  return number;
}

}  // namespace

bool has_encodable_names(const Message& message) {
  constexpr std::size_t longest = std::numeric_limits<std::uint16_t>::max();
  return message.connection.size() <= longest && message.reply_channel.size() <= longest;
}

Bytes encode(const Message& message) {
  Bytes octets;
  octets.reserve(header_size + message.connection.size() + message.reply_channel.size() + message.body.size());
  octets += version;
  octets += static_cast<char>(message.kind);
  append_number(octets, message.sequence);
  append_number(octets, static_cast<std::uint16_t>(message.connection.size()));
  append_number(octets, static_cast<std::uint16_t>(message.reply_channel.size()));
  octets += message.connection;
  octets += message.reply_channel;
  octets += message.body;
  return octets;
}

const char* decode(BytesView octets, Message& message) {
  if (octets.size() < header_size) return "shorter than a message's head";
  if (octets[0] != version) return "not a message, or one of another version of this plugin";
  const auto kind = static_cast<std::uint8_t>(octets[1]);
  if (kind > highest_kind) return "a message of an unknown kind";
  octets.remove_prefix(2);
  message.kind = static_cast<MessageKind>(kind);
  message.sequence = take_number<std::uint64_t>(octets);
  const std::size_t connection_size = take_number<std::uint16_t>(octets);
  const std::size_t reply_size = take_number<std::uint16_t>(octets);
  if (octets.size() < connection_size + reply_size) return "shorter than its head says";
  if (octets.size() - connection_size - reply_size > max_body_size) return "a message with a body of over 1 MiB";
  message.connection = octets.substr(0, connection_size);
  message.reply_channel = octets.substr(connection_size, reply_size);
  message.body = octets.substr(connection_size + reply_size);
  return nullptr;
}

}  // namespace tellina::redis
