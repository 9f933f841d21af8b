#pragma once

/// The bodies of the messages between gateway and worker about one connection. The client's frames travel unchanged, in
/// messages of the kinds `data` and `text`.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "host/limits.hpp"
#include "host/wire/protocol.hpp"
#include "tellina/bytes.hpp"
#include "tellina/message.hpp"

namespace tellina {

static_assert(limits::frame <= max_body_size, "a frame fits into one message");

/// `connect`: who has opened a WebSocket, and from where.
class ConnectBody {
 public:
  ConnectBody() = default;
  std::int64_t participant = 0;
  std::string address;  ///< of the client, for the record; may be empty
};
Bytes encode_connect(const ConnectBody& connect);
/// Returns nothing unless the body names a participant.
std::optional<ConnectBody> decode_connect(BytesView body);

/// `accept`: the channel of the worker that owns the connection from now on.
Bytes encode_accept(const ChannelName& owner);
/// Returns nothing if the body is not a channel name, or one that is too long for alive_channel().
std::optional<ChannelName> decode_accept(BytesView body);

/// `credit`: how many more bytes of input the gateway may forward.
Bytes encode_credit(std::size_t bytes);
/// Returns nothing if the body is not a number.
std::optional<std::size_t> decode_credit(BytesView body);

/// `credit` for frames: how many more of them the gateway may forward, in the units of frame_units().
Bytes encode_frame_credit(std::size_t units);
/// Returns nothing if the body is no such credit.
std::optional<std::size_t> decode_frame_credit(BytesView body);

/// The channel for the questions whether the receiver of `channel` is alive, and for the answers to the ones that it
/// asks. Nothing else waits in it, so what clients send cannot make a gateway or a worker seem dead.
/// Throws Error(bad_request) if the name would be longer than a channel's may be.
ChannelName alive_channel(const ChannelName& channel);
/// The name of the channel that belongs to the name of such a channel; any other name is returned as it is.
std::string without_alive(std::string channel);

/// `close` (worker to gateway) and `disconnect` (gateway to worker): why a connection ends.
struct ConnectionEnd {
  bool operator==(const ConnectionEnd&) const = default;
  std::uint16_t code = close_code::internal_error;
  std::string reason;
};
Bytes encode_end(const ConnectionEnd& end);
/// A body without a code counts as an internal error.
ConnectionEnd decode_end(BytesView body);

/// Checks the numbers of the messages in one direction of a connection. Layers keep the order, so a skipped number
/// means that a message was lost.
class SequenceCheck {
 public:
  enum class Arrival : std::uint8_t { in_order, repeated, after_gap };

  explicit SequenceCheck(Sequence first = 0) : m_expected(first) {}

  /// Only a message in order advances the check.
  Arrival arrive(Sequence number) {
    if (number < m_expected) return Arrival::repeated;
    if (number > m_expected) return Arrival::after_gap;
    ++m_expected;
    return Arrival::in_order;
  }
  /// The number of the next message.
  Sequence expected() const { return m_expected; }

 private:
  Sequence m_expected;
};

}  // namespace tellina
