#pragma once

/// Encodes a message as octets, for channel layers over a transport.
///
/// | octets | field |
/// | --- | --- |
/// | 1 | version, 1 |
/// | 1 | kind |
/// | 2 | length of the connection's id |
/// | 2 | length of the reply channel's name |
/// | 8 | sequence |
/// | | connection, reply channel, body (the rest) |
///
/// Numbers are big-endian. Threads: any.

#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>

#include "tellina/message.hpp"

namespace tellina::codec {

inline constexpr std::uint8_t message_version = 1;
inline constexpr std::size_t message_head_size = 14;
inline constexpr std::size_t longest_name = 0xffff;

/// Writes `number` at `out`, big-endian; returns the position after it.
template <std::unsigned_integral Number>
char* put_number(char* out, Number number) {
  for (std::size_t i = sizeof(Number); i-- > 0;)
    *out++ = static_cast<char>(static_cast<std::uint64_t>(number) >> 8 * i);
  return out;
}

/// `in` has at least sizeof(Number) octets.
template <std::unsigned_integral Number>
Number get_number(const char* in) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) number = number << 8 | static_cast<std::uint8_t>(in[i]);
  return static_cast<Number>(number);
}

inline char* put_text(char* out, BytesView text) {
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

/// Returns false if a name is too long for its length field.
inline bool is_encodable(const Message& message) {
  return message.connection.size() <= longest_name && message.reply_channel.size() <= longest_name;
}

inline std::size_t encoded_size(const Message& message) {
  return message_head_size + message.connection.size() + message.reply_channel.size() + message.body.size();
}

/// Writes encoded_size() octets at `out`; the message must be encodable.
inline void encode_message(const Message& message, char* out) {
  *out++ = static_cast<char>(message_version);
  *out++ = static_cast<char>(message.kind);
  out = put_number(out, static_cast<std::uint16_t>(message.connection.size()));
  out = put_number(out, static_cast<std::uint16_t>(message.reply_channel.size()));
  out = put_number(out, message.sequence);
  out = put_text(out, message.connection);
  out = put_text(out, message.reply_channel);
  put_text(out, message.body);
}

inline Bytes encode_message(const Message& message) {
  Bytes octets(encoded_size(message), '\0');
  encode_message(message, octets.data());
  return octets;
}

/// Returns nothing for octets that encode_message() cannot have written.
inline std::optional<Message> decode_message(BytesView octets) {
  if (octets.size() < message_head_size || static_cast<std::uint8_t>(octets[0]) != message_version) return std::nullopt;
  const auto kind = static_cast<std::uint8_t>(octets[1]);
  if (kind > static_cast<std::uint8_t>(MessageKind::reply)) return std::nullopt;
  const std::size_t connection_size = get_number<std::uint16_t>(octets.data() + 2);
  const std::size_t reply_channel_size = get_number<std::uint16_t>(octets.data() + 4);
  const auto sequence = get_number<std::uint64_t>(octets.data() + 6);
  octets.remove_prefix(message_head_size);
  if (octets.size() < connection_size + reply_channel_size) return std::nullopt;
  const BytesView body = octets.substr(connection_size + reply_channel_size);
  if (body.size() > max_body_size) return std::nullopt;
  Message message(static_cast<MessageKind>(kind), std::string(octets.substr(0, connection_size)), sequence,
                  Bytes(body));
  message.reply_channel = octets.substr(connection_size, reply_channel_size);
  return message;
}

}  // namespace tellina::codec
