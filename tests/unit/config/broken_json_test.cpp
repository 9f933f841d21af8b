/// Texts that are not JSON, each with its only message.

#include <gtest/gtest.h>

#include "host/config/json_reader.hpp"
#include "unit/config/fixture.hpp"

namespace tellina {
namespace {

class BrokenJsonTest : public testing::TestWithParam<BrokenText> {};

TEST_P(BrokenJsonTest, IsRefusedWithItsPlace) { EXPECT_EQ(error_of(GetParam().text), GetParam().message); }

std::string nested(int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += '[';
  return text + std::string(static_cast<std::size_t>(depth), ']');
}

const BrokenText broken_json[] = {
    {"Empty", "", "config.json:1:1: expected a value, got an empty file"},
    {"Blank", " \n\n", "config.json:3:1: expected a value, got an empty file"},
    {"HashComment", "{\n  # the codes\n  \"a\": 1}",
     "config.json:2:3: expected a key in double quotes or '}', got a comment, which JSON does not have"},
    {"LineComment", "{\"a\": 1 // one\n}",
     "config.json:1:9: expected ',' or '}' (the object begins at 1:1), got a comment, which JSON does not have"},
    {"BlockComment", "{\"a\": /* one */ 1}",
     "config.json:1:7: expected a value, got a comment, which JSON does not have"},
    {"TrailingCommaInObject", "{\"a\": 1,\n}",
     "config.json:2:1: expected a key in double quotes, got '}'; JSON has no comma before it"},
    {"TrailingCommaInArray", "[1, 2, ]", "config.json:1:8: expected a value, got ']'; JSON has no comma before it"},
    {"DoubleComma", "[1,,2]", "config.json:1:4: expected a value, got \",\""},
    {"CommaFirst", "[,1]", "config.json:1:2: expected a value or ']', got \",\""},
    {"SingleQuotedValue", "{\"a\": 'x'}",
     "config.json:1:7: expected a value, got a single quote; JSON puts strings in double quotes"},
    {"SingleQuotedKey", "{'a': 1}",
     "config.json:1:2: expected a key in double quotes or '}', got a single quote; JSON puts strings in double quotes"},
    {"UnquotedKey", "{\"a\": 1, tasks: []}", "config.json:1:10: expected a key in double quotes, got tasks"},
    {"UnquotedValue", "{\"a\": bob}",
     "config.json:1:7: expected a value, got bob; JSON has only the words true, false and null, and puts text in "
     "double quotes"},
    {"YamlTrue", "[yes]",
     "config.json:1:2: expected a value or ']', got yes; JSON has only the words true, false and null, and puts text "
     "in double quotes"},
    {"PythonTrue", "[True]",
     "config.json:1:2: expected a value or ']', got True; JSON has only the words true, false and null, and puts text "
     "in double quotes"},
    {"BlockMapping", "tasks:\n  - a\n",
     "config.json:1:1: expected a value, got tasks; JSON has only the words true, false and null, and puts text in "
     "double quotes"},
    {"BlockSequence", "- 1\n- 2\n", "config.json:1:1: expected a value, got -, which is not a JSON number"},
    {"BlockScalar", "{\"a\": |\n  text\n}", "config.json:1:7: expected a value, got \"|\""},
    {"DocumentMarker", "---\n{}", "config.json:1:1: expected a value, got ---, which is not a JSON number"},
    {"Directive", "%YAML 1.2\n---\n{}", "config.json:1:1: expected a value, got \"%\""},
    {"Anchor", "[&x 1, 2]", "config.json:1:2: expected a value or ']', got \"&\""},
    {"Alias", "[1, *x]", "config.json:1:5: expected a value, got \"*\""},
    {"Tag", "[!!str 1]", "config.json:1:2: expected a value or ']', got \"!\""},
    {"ComplexKey", "{? \"a\": 1}", "config.json:1:2: expected a key in double quotes or '}', got \"?\""},
    {"PairInArray", "[\"a\": 1]", "config.json:1:5: expected ',' or ']' (the array begins at 1:1), got \":\""},
    {"KeyWithoutValue", "{\"a\"}", "config.json:1:5: expected ':' after the key, got \"}\""},
    {"ColonWithoutValue", "{\"a\":}", "config.json:1:6: expected a value, got \"}\""},
    {"NumberAsKey", "{1: 2}", "config.json:1:2: expected a key in double quotes or '}', got 1"},
    {"MissingComma", "{\"a\": 1\n \"b\": 2}",
     "config.json:2:2: expected ',' or '}' (the object begins at 1:1), got a string"},
    {"MissingCommaInArray", "[1 2]", "config.json:1:4: expected ',' or ']' (the array begins at 1:1), got 2"},
    {"MissingBrace", "{\"a\": {\"b\": 1}\n",
     "config.json:2:1: expected ',' or '}' (the object begins at 1:1), got the end of the file"},
    {"WrongBracket", "{\"a\": [1}", "config.json:1:9: expected ',' or ']' (the array begins at 1:7), got \"}\""},
    {"TextAfterTheDocument", "{}\n{}", "config.json:2:1: expected the end of the file, got \"{\""},
    {"BraceTooMany", "{}}", "config.json:1:3: expected the end of the file, got \"}\""},
    {"OctalLooking", "[010]", "config.json:1:2: expected a value or ']', got 010, which is not a JSON number"},
    {"Hexadecimal", "[0x10]", "config.json:1:2: expected a value or ']', got 0x10, which is not a JSON number"},
    {"PlusSign", "[+1]", "config.json:1:2: expected a value or ']', got +1, which is not a JSON number"},
    {"PointFirst", "[.5]", "config.json:1:2: expected a value or ']', got .5, which is not a JSON number"},
    {"PointLast", "[5.]", "config.json:1:2: expected a value or ']', got 5., which is not a JSON number"},
    {"EmptyExponent", "[1e]", "config.json:1:2: expected a value or ']', got 1e, which is not a JSON number"},
    {"MinusAlone", "[-]", "config.json:1:2: expected a value or ']', got -, which is not a JSON number"},
    {"NaN", "[NaN]",
     "config.json:1:2: expected a value or ']', got NaN; JSON has only the words true, false and null, and puts text "
     "in double quotes"},
    {"NegativeInfinity", "[-Infinity]",
     "config.json:1:2: expected a value or ']', got -Infinity, which is not a JSON number"},
    {"Tilde", "[~]", "config.json:1:2: expected a value or ']', got \"~\""},
    {"UnterminatedString", "{\"a\": \"x\n}",
     "config.json:1:7: expected a '\"' at the end of the string in the same line, got none"},
    {"UnterminatedAtTheEnd", "[\"abc",
     "config.json:1:2: expected a '\"' at the end of the string in the same line, got none"},
    {"RawTabInString", "[\"a\tb\"]",
     "config.json:1:4: expected \\u0009 instead of a control character inside a string"},
    {"RawNul", std::string("[\"a\0b\"]", 7),
     "config.json:1:4: expected \\u0000 instead of a control character inside a string"},
    {"NulOutside", std::string("{\0}", 3), "config.json:1:2: expected a key in double quotes or '}', got \"\\u0000\""},
    {"UnknownEscape", "[\"C:\\dir\"]",
     "config.json:1:5: expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX after a backslash, got \\d"},
    {"YamlEscape", "[\"\\x41\"]",
     "config.json:1:3: expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX after a backslash, got \\x"},
    {"ShortUnicodeEscape", "[\"\\u12\"]", "config.json:1:3: expected four hexadecimal digits after \\u"},
    {"InvalidUtf8", "{\"a\":\n \"caf\xE9\"}", "config.json:2:6: expected text in UTF-8, got the byte 0xe9"},
    {"OverlongUtf8", "[\"\xC0\xAF\"]", "config.json:1:3: expected text in UTF-8, got the byte 0xc0"},
    {"EncodedSurrogate", "[\"\xED\xA0\x80\"]", "config.json:1:3: expected text in UTF-8, got the byte 0xed"},
    {"Utf16", std::string("\xFF\xFE{\0}\0", 6), "config.json:1:1: expected text in UTF-8, got the byte 0xff"},
    {"TooDeep", nested(201), "config.json:1:201: expected at most 200 levels of nesting, got more"},
    {"FarTooDeep", std::string(1'000'000, '['), "config.json:1:201: expected at most 200 levels of nesting, got more"},
};

INSTANTIATE_TEST_SUITE_P(Texts, BrokenJsonTest, testing::ValuesIn(broken_json), name_of);

TEST(BrokenJson, NestingUpToTheLimitIsAccepted) {
  Config value = read_json(nested(200), "f");
  int depth = 1;
  while (!value.items().empty()) {
    const Config inner = value.items().front();
    value = inner;
    ++depth;
  }
  EXPECT_EQ(depth, 200);
}

TEST(BrokenJson, EveryTruncationOfAGoodFileGetsAMessage) {
  const std::string good = "\xEF\xBB\xBF" + config_with(R"("$schema": "./x", "server": {"port": 0, "address": "::1"},
    "sandbox" : {"plugin": "chroot", "memory_in_mib": 256, "network": false},
    "database": "caf\u00e9 \ud83d\ude00 ü.sqlite3")") +
                           "\n";
  ASSERT_EQ(error_of(good), "");
  for (std::size_t length = 0; length + 2 < good.size(); ++length) {
    const std::string message = error_of(good.substr(0, length));
    EXPECT_TRUE(message.starts_with("config.json:")) << "at byte " << length << ": " << message;
  }
}

TEST(BrokenJson, EveryChangedByteIsAcceptedOrRefusedWithAMessage) {
  const std::string good = config_with_tree(
      R"({"a": null, "b": {"$file": {"mode": "0644", "size": 12}}, "c\n": {"$link": "a"}, "d": "\ud83d\ude00"})");
  ASSERT_EQ(error_of(good), "");
  static constexpr char interesting[] = {'\0', '\n', '"', '\\', '{',  '}',    '[', ']',
                                         ',',  ':',  '#', '&',  '\'', '\xFF', '0'};
  for (std::size_t position = 0; position < good.size(); ++position) {
    for (const char c : interesting) {
      std::string changed = good;
      changed[position] = c;
      const std::string message = error_of(changed);
      EXPECT_TRUE(message.empty() || message.starts_with("config.json:")) << changed << message;
    }
  }
}

}  // namespace
}  // namespace tellina
