#include <gtest/gtest.h>

#include "host/limits.hpp"
#include "host/session/input_stream.hpp"
#include "host/session/output_buffer.hpp"
#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

Bytes copy(const OutputBuffer& buffer, std::uint64_t offset, std::size_t limit = 1 << 20) {
  Bytes bytes;
  buffer.copy(offset, limit, bytes);
  return bytes;
}

TEST(OutputBuffer, KeepsTheEndOfAStream) {
  OutputBuffer buffer(100, 8);
  EXPECT_EQ(copy(buffer, 100), "");
  buffer.append("");
  buffer.append("abcde");
  EXPECT_EQ(copy(buffer, 101, 2), "bc");
  EXPECT_FALSE(buffer.is_cut());
  buffer.append("fghij");
  EXPECT_TRUE(buffer.is_cut());
  EXPECT_EQ(buffer.begin(), 102U);
  EXPECT_EQ(buffer.end(), 110U);
  EXPECT_EQ(copy(buffer, 102), "cdefghij");
  EXPECT_EQ(copy(buffer, 107), "hij");
}

TEST(OutputBuffer, AcceptsMoreThanItsCapacity) {
  OutputBuffer buffer(0, 4);
  buffer.append("ab");
  buffer.append("0123456789");
  EXPECT_EQ(buffer.begin(), 8U);
  EXPECT_EQ(copy(buffer, 8), "6789");
}

TEST(OutputBuffer, HoldsTheStreamsEndWhateverThePieces) {
  OutputBuffer buffer(7, 10'000);
  std::string all;
  for (int i = 0; i < 3000; ++i) {
    const std::string piece(static_cast<std::size_t>(i * 7919 % 61), static_cast<char>('a' + i % 26));
    buffer.append(piece);
    all += piece;
    ASSERT_EQ(buffer.end(), 7 + all.size());
    const std::uint64_t begin = buffer.begin();
    if (i % 50 != 0) continue;
    ASSERT_EQ(copy(buffer, begin), all.substr(begin - 7));
  }
  EXPECT_EQ(buffer.end() - buffer.begin(), 10'000U);
}

TEST(OutputBuffer, FindsTheFirstCompleteLine) {
  OutputBuffer buffer(0, 8);
  buffer.append("0123456789");
  EXPECT_EQ(buffer.begin_of_line(), buffer.begin());
  buffer.append("a\nb");
  EXPECT_EQ(buffer.begin_of_line(), 12U);
}

TEST(InputStream, AcceptsEachByteOnce) {
  InputStream stream;
  EXPECT_EQ(stream.receive(0, "abc").bytes, "abc");
  const auto again = stream.receive(1, "bcde");
  EXPECT_EQ(again.bytes, "de");
  EXPECT_EQ(again.offset, 3U);
  EXPECT_EQ(again.dropped, 2U);
  EXPECT_EQ(stream.receive(0, "abc").dropped, 3U);
  EXPECT_EQ(stream.received_end(), 5U);
}

TEST(InputStream, HoldsEarlyFrames) {
  InputStream stream(10, 8);
  EXPECT_EQ(stream.receive(14, "efg").bytes, "");
  EXPECT_EQ(stream.receive(14, "ef").dropped, 2U);
  EXPECT_EQ(stream.receive(12, "cd").bytes, "");
  const auto arrival = stream.receive(10, "abc");
  EXPECT_EQ(arrival.bytes, "abcdefg");
  EXPECT_EQ(arrival.dropped, 1U);
  EXPECT_EQ(stream.received_end(), 17U);
}

TEST(InputStream, RefusesInputBeyondItsWindow) {
  InputStream stream(10, 8);
  EXPECT_FALSE(stream.receive(17, "x").beyond_window);
  EXPECT_TRUE(stream.receive(18, "x").beyond_window);
  EXPECT_TRUE(stream.receive(11, "12345678").beyond_window);
  EXPECT_TRUE(stream.receive(~std::uint64_t{0}, "xx").beyond_window);
  EXPECT_FALSE(stream.receive(~std::uint64_t{0}, "").beyond_window);
  EXPECT_EQ(stream.drop_early(), 1U);
  EXPECT_EQ(stream.drop_early(), 0U);
}

TEST(InputStream, AcknowledgesInputThatIsWrittenAndRecorded) {
  InputStream stream;
  stream.receive(0, "abcdef");
  stream.written(4);
  EXPECT_EQ(stream.unacknowledged(), 0U);
  stream.recorded(3);
  EXPECT_EQ(stream.unacknowledged(), 3U);
  EXPECT_EQ(stream.take_acknowledgement(), 3U);
  stream.recorded(6);
  EXPECT_EQ(stream.take_acknowledgement(), 4U);
  EXPECT_EQ(stream.unacknowledged(), 0U);
  stream.jump_to(20);
  EXPECT_EQ(stream.received_end(), 20U);
  EXPECT_EQ(stream.unacknowledged(), 0U);
}

TEST(AttachedClient, SendsWithinItsWindow) {
  KeepingPort port;
  AttachedClient client(port);
  OutputBuffer output;
  output.append(std::string(limits::output_window + 100, 'x'));
  client.start_output(0);
  client.catch_up(output);
  EXPECT_EQ(client.sent(), limits::output_window);
  EXPECT_FALSE(client.has_room());
  Bytes frame = data_frame(limits::output_window, "y");
  EXPECT_FALSE(client.offer(frame, limits::output_window, 1));
  EXPECT_FALSE(client.acknowledge(limits::output_window + 1));
  EXPECT_TRUE(client.acknowledge(60));
  client.catch_up(output);
  EXPECT_EQ(client.sent(), limits::output_window + 60);
  EXPECT_TRUE(client.acknowledge(10)) << "an older acknowledgement changes nothing";
  EXPECT_FALSE(client.has_room());
  ASSERT_TRUE(client.acknowledge(61));
  frame = data_frame(limits::output_window + 60, "yz");
  EXPECT_FALSE(client.offer(frame, limits::output_window + 60, 2)) << "there is room for one byte";
}

TEST(AttachedClient, OffersOnlyConsecutiveOutput) {
  KeepingPort port;
  AttachedClient client(port);
  client.start_output(5);
  Bytes frame = data_frame(6, "b");
  EXPECT_FALSE(client.offer(frame, 6, 1));
  frame = data_frame(5, "a");
  EXPECT_TRUE(client.offer(frame, 5, 1));
  EXPECT_EQ(port.output, "a");
}

TEST(AttachedClient, CreditsNoMoreThanArrived) {
  KeepingPort port;
  AttachedClient client(port);
  client.count_input(10);
  client.credit(4);
  client.credit(100);
  EXPECT_EQ(port.credited, 10U);
  client.count_input(3);
  client.credit_all();
  client.credit_all();
  EXPECT_EQ(port.credited, 13U);
}

}  // namespace
}  // namespace tellina::testing
