#include "tellina/text.hpp"

#include <gtest/gtest.h>

namespace tellina {
namespace {

TEST(TextTest, WritesHexadecimalDigits) {
  EXPECT_EQ(hexadecimal(0), "0");
  EXPECT_EQ(hexadecimal(0xab, 4), "00ab");
  EXPECT_EQ(hexadecimal(0x12345, 4), "12345");
  EXPECT_EQ(hexadecimal(~std::uint64_t{0}), "ffffffffffffffff");
  EXPECT_EQ(hexadecimal(std::string_view("\0\xff", 2)), "00ff");
  EXPECT_EQ(hexadecimal_digit('f'), 15);
  EXPECT_EQ(hexadecimal_digit('A'), 10);
  EXPECT_EQ(hexadecimal_digit('g'), -1);
}

TEST(TextTest, EncodesAndDecodesPercents) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_encode("aZ09-._~ /%\xc3"), "aZ09-._~%20%2F%25%C3");
  EXPECT_EQ(percent_decode("%2f%2F"), "//");
  for (const char* bad : {"%", "%2", "a%2", "%g0", "%0g"}) EXPECT_EQ(percent_decode(bad), std::nullopt) << bad;
}

/// Values of draft-eastlake-fnv, appendix C.
TEST(TextTest, HashesAsFnv1a) {
  EXPECT_EQ(Fnv1a().value(), 0xcbf29ce484222325U);
  EXPECT_EQ(Fnv1a().add("a").value(), 0xaf63dc4c8601ec8cU);
  EXPECT_EQ(Fnv1a().add("foo").add("bar").value(), 0x85944171f73967e8U);
}

}  // namespace
}  // namespace tellina
