#include "fuzz/target.hpp"
#include "plugins/channel_common/message_codec.hpp"
#include "plugins/channel_ipc/envelope.hpp"
#include "plugins/channel_ipc/folder.hpp"

namespace tellina::fuzz {

/// Input of the channel layers between processes: messages, ZeroMQ frames, and names in the folder of `ipc`.
FUZZ_TARGET(layer_message) {
  if (const auto message = codec::decode_message(input)) FUZZ_EXPECT(codec::encode_message(*message) == input);
  const zmq::message_t frame(input.data(), input.size());
  if (const auto envelope = ipc::Envelope::open(frame)) {
    FUZZ_EXPECT(!ChannelName::find_fault(envelope->channel));
    zmq::message_t again = ipc::Envelope::seal(envelope->origin, envelope->place, envelope->channel, envelope->message);
    ipc::Envelope::set_purpose(again, envelope->purpose);
    FUZZ_EXPECT(again.to_string_view() == frame.to_string_view());
  }
  if (const auto entry = ipc::Entry::parse(input)) FUZZ_EXPECT(entry->name() == input);
}

}  // namespace tellina::fuzz
