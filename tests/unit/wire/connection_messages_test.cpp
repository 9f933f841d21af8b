#include "host/wire/connection_messages.hpp"

#include <gtest/gtest.h>

#include "host/limits.hpp"
#include "host/wire/data_frame.hpp"

namespace tellina {
namespace {

TEST(ConnectBody, RoundTrips) {
  ConnectBody connect;
  connect.participant = 1'234'567'890'123;
  connect.address = "2001:db8::1 \"quoted\"";
  const auto decoded = decode_connect(encode_connect(connect));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->participant, connect.participant);
  EXPECT_EQ(decoded->address, connect.address);
  EXPECT_TRUE(decode_connect(R"({"participant":7})"));
  for (const char* body : {"", "7", "[]", "{}", R"({"participant":"7"})", R"({"participant":7.5})"}) {
    EXPECT_FALSE(decode_connect(body)) << body;
  }
}

TEST(AcceptBody, NamesAChannel) {
  EXPECT_EQ(decode_accept(encode_accept(ChannelName("worker.w-1"))), ChannelName("worker.w-1"));
  for (const char* body : {"", "a b", "a!b!c"}) EXPECT_FALSE(decode_accept(body)) << body;
}

TEST(CreditBody, IsANumberOfBytes) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, limits::input_window}) {
    EXPECT_EQ(decode_credit(encode_credit(bytes)), bytes);
  }
  for (const char* body : {"", "-1", "7x", " 7", "99999999999999999999999"}) EXPECT_FALSE(decode_credit(body)) << body;
}

TEST(CreditBody, OfFramesIsNoCreditForInput) {
  for (const std::size_t units : {std::size_t{0}, std::size_t{1}, limits::frame_window}) {
    EXPECT_EQ(decode_frame_credit(encode_frame_credit(units)), units);
    EXPECT_FALSE(decode_credit(encode_frame_credit(units)));
    EXPECT_FALSE(decode_frame_credit(encode_credit(units)));
  }
  for (const char* body : {"", "frames", "frames ", "frames -1", "frames 7x", "frames  7"}) {
    EXPECT_FALSE(decode_frame_credit(body)) << body;
  }
}

TEST(AliveChannel, BelongsToOneChannel) {
  const ChannelName channel("worker.w-1");
  EXPECT_NE(alive_channel(channel), channel);
  EXPECT_EQ(without_alive(alive_channel(channel).text()), channel.text());
  EXPECT_EQ(without_alive(channel.text()), channel.text());
  EXPECT_FALSE(decode_accept(std::string(100, 'w'))) << "no channel beside it can have a name";
  EXPECT_TRUE(decode_accept(std::string(90, 'w')));
}

TEST(ConnectionEnd, HasACodeAndAReason) {
  for (const ConnectionEnd& end : {ConnectionEnd(close_code::replaced, "replaced"), ConnectionEnd(1000, ""),
                                   ConnectionEnd(close_code::lost, "two words")}) {
    EXPECT_EQ(decode_end(encode_end(end)), end);
  }
  EXPECT_EQ(decode_end("4001"), ConnectionEnd(4001, ""));
  for (const char* body : {"", "x", "99999 far", "-1 below", "4001x y"}) {
    EXPECT_EQ(decode_end(body).code, close_code::internal_error) << body;
  }
}

TEST(SequenceCheck, NoticesRepeatedAndLostMessages) {
  SequenceCheck check;
  EXPECT_EQ(check.arrive(0), SequenceCheck::Arrival::in_order);
  EXPECT_EQ(check.arrive(0), SequenceCheck::Arrival::repeated);
  EXPECT_EQ(check.arrive(2), SequenceCheck::Arrival::after_gap);
  EXPECT_EQ(check.expected(), 1U);
  EXPECT_EQ(check.arrive(1), SequenceCheck::Arrival::in_order);
  EXPECT_EQ(check.arrive(2), SequenceCheck::Arrival::in_order);
}

TEST(DataFrame, IsAnOffsetOfEightBytesBigEndianAndTheBytes) {
  const Bytes frame = data_frame(0x0102030405060708, "ab");
  EXPECT_EQ(frame,
            "\x01\x02\x03\x04\x05\x06\x07\x08"
            "ab");
  EXPECT_EQ(frame_offset(frame), 0x0102030405060708U);
  EXPECT_EQ(frame_bytes(frame), "ab");
  Bytes spare(limits::frame_header, '\0');
  set_frame_offset(spare, limits::stream_offset);
  EXPECT_EQ(frame_offset(spare), limits::stream_offset);
}

TEST(DataFrame, WithoutAHeaderIsRefused) {
  EXPECT_FALSE(has_frame_header("1234567"));
  EXPECT_THROW(frame_offset("1234567"), AssertionFailure);
  EXPECT_THROW(frame_bytes("1234567"), AssertionFailure);
  Bytes small("1234567");
  EXPECT_THROW(set_frame_offset(small, 1), AssertionFailure);
}

}  // namespace
}  // namespace tellina
