#include "tellina/message.hpp"

#include <gtest/gtest.h>

#include "support/virtual_loop.hpp"

namespace tellina {
namespace {

std::string fault_of(const std::string& name) {
  try {
    return ChannelName(name).text() == name ? "good" : "changed";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_request);
    return error.what();
  }
}

TEST(ChannelNameTest, AcceptsLettersDigitsAndAFewMarks) {
  EXPECT_EQ(fault_of("websocket.connect"), "good");
  EXPECT_EQ(fault_of("worker.ab12-0"), "good");
  EXPECT_EQ(fault_of("A_z.9-x!y"), "good");
  EXPECT_EQ(fault_of(std::string(100, 'a')), "good");
}

TEST(ChannelNameTest, ReportsInvalidNames) {
  EXPECT_EQ(fault_of(""), "channel name \"\": expected 1 to 100 bytes, got none");
  EXPECT_EQ(fault_of(std::string(101, 'a')),
            "channel name \"" + std::string(101, 'a') + "\": expected 1 to 100 bytes, got more");
  EXPECT_EQ(fault_of("a!b!c"), "channel name \"a!b!c\": expected at most one '!', got more");
  for (const std::string name : {"a b", "a/b", "\xc3\xa9", "a\n"}) {
    EXPECT_EQ(fault_of(name),
              "channel name \"" + name + "\": expected letters, digits, '-', '_', '.' and at most one '!'");
  }
}

TEST(ChannelNameTest, ComparesByText) {
  EXPECT_EQ(ChannelName("a"), ChannelName("a"));
  EXPECT_LT(ChannelName("a"), ChannelName("b"));
}

TEST(RandomTokenTest, IsTwoHexadecimalDigitsAByteFromTheGivenGenerator) {
  testing::SeededRandom one(5);
  testing::SeededRandom same(5);
  const std::string token = random_token(one, 20);
  EXPECT_EQ(token.size(), 40u);
  EXPECT_EQ(token.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(random_token(same, 20), token);
  EXPECT_NE(random_token(one, 20), token);
}

}  // namespace
}  // namespace tellina
