#pragma once

/// The messages that a channel layer carries.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tellina/bytes.hpp"
#include "tellina/error.hpp"

namespace tellina {

/// The number of a message in its connection: 0, 1, 2, ... without holes, separately for each direction.
using Sequence = std::uint64_t;

/// The purpose of a message. An ordering policy sees only this and the message's number.
enum class MessageKind : std::uint8_t {
  connect,     ///< gateway to worker, sequence 0: a WebSocket is open
  data,        ///< both ways: one binary frame (8-byte big-endian stream offset, then terminal bytes)
  text,        ///< both ways: one text frame (a JSON object)
  disconnect,  ///< gateway to worker, the last of a connection: the WebSocket has ended
  accept,      ///< worker to gateway: the owner's channel for the rest of the connection
  credit,      ///< worker to gateway: that many bytes of `data` have been handled, so the gateway may read more
  close,       ///< worker to gateway: end the WebSocket with this code and reason
  request,     ///< gateway to any worker: a request on behalf of an HTTP client
  reply,       ///< worker to gateway: its answer
};

/// One message: octets and numbers only, so that a layer may move it, copy it, or write it to a socket.
class Message {
 public:
  Message() = default;
  Message(MessageKind kind_, std::string connection_, Sequence sequence_, Bytes body_)
      : kind(kind_), sequence(sequence_), connection(std::move(connection_)), body(std::move(body_)) {}

  MessageKind kind = MessageKind::data;
  Sequence sequence = 0;
  std::string connection;     ///< id of the connection or request, unique in the study; at most 100 bytes
  std::string reply_channel;  ///< the channel for answers; only in `connect` and `request`
  Bytes body;                 ///< at most `max_body_size`; any octets
};

/// 1 MiB, as the Django Channels specification asks of every layer.
inline constexpr std::size_t max_body_size = 1024 * 1024;

/// A channel's name in the form of the Django Channels specification: 1 to 100 bytes of letters, digits and
/// "-_.", with at most one "!". Throws Error(bad_request) for any other text.
class ChannelName {
 public:
  explicit ChannelName(std::string name) : m_name(std::move(name)) {
    if (const char* fault = find_fault(m_name)) {
      throw Error(ErrorCode::bad_request, "channel name \"" + m_name + "\": " + fault);
    }
  }
  const std::string& text() const { return m_name; }
  auto operator<=>(const ChannelName&) const = default;

  /// Returns what is wrong with a name, or null if it is valid.
  static const char* find_fault(std::string_view name) {
    if (name.empty()) return "expected 1 to 100 bytes, got none";
    if (name.size() > 100) return "expected 1 to 100 bytes, got more";
    int marks = 0;
    for (const char c : name) {
      const bool letter_or_digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (c == '!')
        ++marks;
      else if (!letter_or_digit && c != '-' && c != '_' && c != '.')
        return "expected letters, digits, '-', '_', '.' and at most one '!'";
    }
    return marks > 1 ? "expected at most one '!', got more" : nullptr;
  }

 private:
  std::string m_name;
};

}  // namespace tellina
