/// Messages between processes: each round-trips, and no other octets decode.

#include "fuzz/texts.hpp"
#include "plugins/channel_common/message_codec.hpp"

namespace tellina::fuzz {
namespace {

Message random_message(Texts& some) {
  const auto kind = static_cast<MessageKind>(some.number(0, static_cast<std::size_t>(MessageKind::reply)));
  Message message(kind, some.octets(100), some.number(0, SIZE_MAX), some.octets(some.one_in(100) ? 100'000 : 200));
  message.reply_channel = some.octets(100);
  return message;
}

TEST(MessageCodec, RoundTrips) {
  Texts some({""}, {""});
  for (int left = Texts::rounds(5'000); left > 0; --left) {
    const Message message = random_message(some);
    const std::optional<Message> got = codec::decode_message(codec::encode_message(message));
    ASSERT_TRUE(got);
    EXPECT_EQ(got->kind, message.kind);
    EXPECT_EQ(got->sequence, message.sequence);
    EXPECT_EQ(got->connection, message.connection);
    EXPECT_EQ(got->reply_channel, message.reply_channel);
    EXPECT_EQ(got->body, message.body);
  }
}

TEST(MessageCodec, ReadsNothingThatItWouldWriteDifferently) {
  Texts some({""}, {std::string(1, '\0'), "\1", "\xff", "\xff\xff", "\x7f\xff", std::string(20, 'x')});
  for (int left = Texts::rounds(20'000); left > 0; --left) {
    std::string octets = codec::encode_message(random_message(some));
    for (std::size_t bends = some.number(1, 3); bends > 0; --bends) some.bend(octets);
    const std::optional<Message> got = codec::decode_message(octets);
    if (!got) continue;
    EXPECT_EQ(codec::encode_message(*got), octets) << shown(octets);
  }
}

}  // namespace
}  // namespace tellina::fuzz
