#include "host/text/utf8.hpp"

#include <gtest/gtest.h>

#include "tellina/text.hpp"

namespace tellina {
namespace {

TEST(Utf8Test, ReplacesEachByteThatIsNotUtf8) {
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(replace_invalid_utf8("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z"), "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z");
  EXPECT_EQ(replace_invalid_utf8("\xff"
                                 "a\x80"),
            bad + "a" + bad);
  EXPECT_EQ(replace_invalid_utf8("\xc0\xaf"), bad + bad);
  EXPECT_EQ(replace_invalid_utf8("\xe0\x80\x80"), bad + bad + bad);
  EXPECT_EQ(replace_invalid_utf8("\xed\xa0\x80"), bad + bad + bad);
  EXPECT_EQ(replace_invalid_utf8("\xf4\x90\x80\x80"), bad + bad + bad + bad);
  EXPECT_EQ(replace_invalid_utf8("\xe2\x82"), bad + bad);
}

TEST(Utf8Test, DecodesWhatItEncodes) {
  for (const char32_t character :
       {U'\0', U'a', U'\x7f', U'\x80', U'\x7ff', U'\x800', U'\xd7ff', U'\xe000', U'\xffff', U'\x10000', U'\x10ffff'}) {
    std::string text;
    append_utf8(text, character);
    EXPECT_EQ(utf8_sequence_size(text), text.size()) << hexadecimal(character);
    std::size_t position = 0;
    EXPECT_EQ(next_character(text, position), character) << hexadecimal(character);
    EXPECT_EQ(position, text.size());
  }
}

TEST(Utf8Test, DoesNotMoveIfNothingCanBeDecoded) {
  for (const std::string_view bad :
       {"a\xff", "a\xc1\x80", "a\xe2\x82", "a\xed\xa0\x80", "a\xf4\x90\x80\x80", "a\xe2\x82z", "a\xf0\x9f\x98z"}) {
    std::size_t position = 1;
    EXPECT_EQ(next_character(bad, position), std::nullopt);
    EXPECT_EQ(position, 1u);
  }
}

TEST(Utf8Test, CutsBetweenCharacters) {
  EXPECT_EQ(utf8_prefix("ab\xe2\x82\xac", 5), "ab\xe2\x82\xac");
  EXPECT_EQ(utf8_prefix("ab\xe2\x82\xac", 4), "ab");
  EXPECT_EQ(utf8_prefix("ab\xe2\x82\xac", 2), "ab");
  EXPECT_EQ(utf8_prefix("\xe2\x82\xac", 2), "");
}

TEST(Utf8Test, NulIsUtf8ButNotText) {
  EXPECT_TRUE(is_utf8_without_nul("caf\xc3\xa9"));
  EXPECT_TRUE(is_utf8_without_nul(""));
  EXPECT_FALSE(is_utf8_without_nul(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_utf8_without_nul("caf\xe9"));
}

TEST(Utf8Test, RecognisesInvisibleCharacters) {
  EXPECT_TRUE(is_printable("caf\xc3\xa9 \xe2\x82\xac"));
  EXPECT_FALSE(is_printable("a\tb"));
  EXPECT_FALSE(is_printable("a\xe2\x80\x8b"));  // U+200B, zero width space
  EXPECT_FALSE(is_printable("a\xff"));
}

}  // namespace
}  // namespace tellina
