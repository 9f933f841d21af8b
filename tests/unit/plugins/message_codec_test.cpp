#include "plugins/channel_common/message_codec.hpp"

#include <gmock/gmock.h>

#include <array>

#include "support/virtual_loop.hpp"

namespace tellina::testing {
namespace {

std::string encoded(const Message& message) {
  std::string octets(codec::encoded_size(message), '\0');
  codec::encode_message(message, octets.data());
  return octets;
}

Message sample() {
  Message message(MessageKind::reply, "connection-1", 0x0102030405060708, std::string("\0\xff body", 7));
  message.reply_channel = "gateway.1!a";
  return message;
}

TEST(MessageCodec, PreservesEveryField) {
  const auto got = codec::decode_message(encoded(sample()));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->kind, MessageKind::reply);
  EXPECT_EQ(got->sequence, 0x0102030405060708u);
  EXPECT_EQ(got->connection, "connection-1");
  EXPECT_EQ(got->reply_channel, "gateway.1!a");
  EXPECT_EQ(got->body, sample().body);
}

TEST(MessageCodec, WritesTheDocumentedFormat) {
  const Message message(MessageKind::text, "ab", 258, "body");
  EXPECT_EQ(encoded(message), std::string("\1\2\0\2\0\0\0\0\0\0\0\0\1\2", 14) + "ab" + "body");
}

TEST(MessageCodec, CarriesTheEmptyAndTheLargest) {
  EXPECT_TRUE(codec::decode_message(encoded(Message())));
  Message largest(MessageKind::data, std::string(codec::longest_name, 'c'), 0, Bytes(max_body_size, 'x'));
  EXPECT_TRUE(codec::is_encodable(largest));
  const auto got = codec::decode_message(encoded(largest));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->body, largest.body);
  EXPECT_EQ(got->connection, largest.connection);
  largest.reply_channel = std::string(codec::longest_name, 'r');
  EXPECT_EQ(codec::decode_message(encoded(largest))->reply_channel, largest.reply_channel);
  largest.connection += 'c';
  EXPECT_FALSE(codec::is_encodable(largest));
}

TEST(MessageCodec, RefusesMalformedOctets) {
  const std::string good = encoded(sample());
  const std::size_t head = good.size() - sample().body.size();
  for (std::size_t size = 0; size < head; ++size) EXPECT_FALSE(codec::decode_message(good.substr(0, size))) << size;
  EXPECT_TRUE(codec::decode_message(good.substr(0, head)));
  std::string other_version = good;
  other_version[0] = 2;
  EXPECT_FALSE(codec::decode_message(other_version));
  std::string unknown_kind = good;
  unknown_kind[1] = static_cast<char>(MessageKind::reply) + 1;
  EXPECT_FALSE(codec::decode_message(unknown_kind));
  EXPECT_FALSE(codec::decode_message(good + std::string(max_body_size, 'x')));
}

TEST(MessageCodec, SurvivesRandomOctets) {
  SeededRandom random;
  for (int i = 0; i < 100'000; ++i) {
    std::array<std::uint8_t, 40> octets{};
    random.fill(octets);
    octets[0] = codec::message_version;
    octets[1] %= 9;
    octets[2] = octets[4] = 0;
    const std::string text(octets.begin(), octets.begin() + i % 41);
    const auto got = codec::decode_message(text);
    if (!got) continue;
    EXPECT_EQ(encoded(*got), text);
  }
}

}  // namespace
}  // namespace tellina::testing
