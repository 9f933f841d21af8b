#include "host/wire/self_test_messages.hpp"

#include <gtest/gtest.h>

namespace tellina {
namespace {

TEST(SelfTestMessages, RoundTrip) {
  SelfTestEntry entry;
  entry.channel_prefix = "self-test.1.";
  entry.access_code = "a \"code\"";
  const auto decoded = decode_self_test_entry(encode_self_test_entry(entry));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->channel_prefix, entry.channel_prefix);
  EXPECT_EQ(decoded->access_code, entry.access_code);
  EXPECT_EQ(decode_sandboxes_left(encode_sandboxes_left(3)), 3U);
  const std::vector<std::string> lines{"one", "\"two\""};
  EXPECT_EQ(decode_log_lines(encode_log_lines(lines)), lines);
}

TEST(SelfTestMessages, ThatAreMalformedAreRefused) {
  for (const char* body : {"", "[]", "{}", R"({"left":-1,"access_code":"a","lines":7})", R"({"left":"3"})"}) {
    EXPECT_FALSE(decode_self_test_entry(body)) << body;
    EXPECT_FALSE(decode_sandboxes_left(body)) << body;
    EXPECT_TRUE(decode_log_lines(body).empty()) << body;
  }
}

}  // namespace
}  // namespace tellina
