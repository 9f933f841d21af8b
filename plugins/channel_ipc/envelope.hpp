#pragma once

/// The content of one ZeroMQ frame: a message, its channel, and its sender, so that a receiver can return it.
///
/// | octets | field |
/// | --- | --- |
/// | 1 | version, 1 |
/// | 1 | purpose, as in Envelope::Purpose |
/// | 8 | the sending instance |
/// | 8 | the message's place among those of this sender and channel |
/// | 1 | length of the channel's name |
/// | | channel, then the message as in message_codec.hpp |

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <zmq.hpp>

#include "folder.hpp"
#include "plugins/channel_common/message_codec.hpp"

namespace tellina::ipc {

class Envelope {
 public:
  static constexpr std::uint8_t version = 1;
  static constexpr std::size_t head_size = 19;
  enum class Purpose : std::uint8_t {
    deliver,     ///< to a receiver
    returned,    ///< to its sender, because the receiver is gone
    drained,     ///< an empty message: the sender sends nothing more on this channel to this receiver
    ask_drained  ///< an empty message: asks for `drained` after the delivery of all earlier messages
  };

  /// The size of the largest frame that seal() makes.
  static constexpr std::size_t largest =
      head_size + 100 + codec::message_head_size + 2 * codec::longest_name + max_body_size;

  Envelope(Purpose purpose_, InstanceId origin_, std::uint64_t place_, std::string channel_, Message message_)
      : purpose(purpose_), origin(origin_), place(place_), channel(std::move(channel_)), message(std::move(message_)) {}

  static zmq::message_t seal(InstanceId origin, std::uint64_t place, const std::string& channel,
                             const Message& message) {
    zmq::message_t frame(head_size + channel.size() + codec::encoded_size(message));
    char* out = static_cast<char*>(frame.data());
    *out++ = static_cast<char>(version);
    *out++ = 0;
    out = codec::put_number(out, origin);
    out = codec::put_number(out, place);
    *out++ = static_cast<char>(channel.size());
    codec::encode_message(message, codec::put_text(out, channel));
    return frame;
  }

  /// A control frame, which has no message.
  static zmq::message_t seal_control(Purpose purpose, InstanceId origin, const std::string& channel) {
    zmq::message_t frame = seal(origin, 0, channel, Message());
    set_purpose(frame, purpose);
    return frame;
  }

  /// The channel name in probes, see Peer::probe(). No real channel can have it.
  static constexpr const char* probe_channel = "alive!";
  static zmq::message_t make_probe(InstanceId origin) {
    return seal_control(Purpose::ask_drained, origin, probe_channel);
  }

  static void set_purpose(zmq::message_t& frame, Purpose purpose) {
    static_cast<char*>(frame.data())[1] = static_cast<char>(purpose);
  }

  /// Returns nothing for a frame that seal() cannot have made.
  static std::optional<Envelope> open(const zmq::message_t& frame) {
    const BytesView octets(static_cast<const char*>(frame.data()), frame.size());
    if (octets.size() < head_size || static_cast<std::uint8_t>(octets[0]) != version) return std::nullopt;
    const auto purpose = static_cast<std::uint8_t>(octets[1]);
    if (purpose > static_cast<std::uint8_t>(Purpose::ask_drained)) return std::nullopt;
    const std::size_t name_size = static_cast<std::uint8_t>(octets[18]);
    if (octets.size() < head_size + name_size) return std::nullopt;
    const BytesView name = octets.substr(head_size, name_size);
    if (ChannelName::find_fault(name)) return std::nullopt;
    std::optional<Message> message = codec::decode_message(octets.substr(head_size + name_size));
    if (!message) return std::nullopt;
    return Envelope(static_cast<Purpose>(purpose), codec::get_number<std::uint64_t>(octets.data() + 2),
                    codec::get_number<std::uint64_t>(octets.data() + 10), std::string(name), std::move(*message));
  }

  Purpose purpose;
  InstanceId origin;
  std::uint64_t place;
  std::string channel;
  Message message;
};

}  // namespace tellina::ipc
