/// Texts that are not YAML, or that YAML readers read differently, each with its exact message.

#include <gtest/gtest.h>

#include "unit/config/fixture.hpp"

namespace tellina {
namespace {

/// The start of each case; the part under test begins in line 4.
const std::string keys = "access_codes: [bob]\ntask_duration_in_seconds: 60\ntasks: []\n";

std::string yaml_error(const std::string& text) { return error_of(text, FakePlugins(), "study.yaml"); }

class BrokenYamlTest : public testing::TestWithParam<BrokenText> {};

TEST_P(BrokenYamlTest, IsRefusedWithItsPlace) { EXPECT_EQ(yaml_error(GetParam().text), GetParam().message); }

std::string not_a_boolean(const std::string& word, const std::string& reading) {
  return "expected true, false or text in quotes, got \"" + word +
         "\" without quotes, which some YAML readers take for " + reading;
}

std::string not_a_number(const std::string& word, const std::string& reading) {
  return "expected a decimal number or text in quotes, got \"" + word +
         "\" without quotes, which some YAML readers take for " + reading;
}

std::string not_null(const std::string& word) {
  return "expected null or text in quotes, got \"" + word + "\" without quotes, which some YAML readers take for null";
}

std::string answer(const std::string& tree) {
  return "access_codes: []\ntask_duration_in_seconds: 1\ntasks:\n- type: filesystem\n  description: d\n  answer:\n" +
         tree;
}

std::string repeated(const std::string& text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

const std::string only_spaces = "expected spaces for indentation, got a tab";
const std::string no_anchor =
    "expected a value without an anchor ('&'), got one with it; write out the value where it is used";
const std::string no_alias = "expected a value, got an alias ('*'); write out the value, or put text in quotes";
const std::string no_tag = "expected a value without a tag ('!'), got one with it; put text in quotes";
const std::string no_colon =
    "expected no ':' here: put a key or a text that contains \": \" in quotes, indent the keys of an object alike, and "
    "write \"? \" in front of a key of more than 1024 bytes";

const BrokenText words[] = {
    {"No", keys + "sandbox: {network: no}\n", "study.yaml:4:20: sandbox.network: " + not_a_boolean("no", "false")},
    {"Yes", keys + "recording:\n  bytes: yes\n", "study.yaml:5:10: recording.bytes: " + not_a_boolean("yes", "true")},
    {"On", keys + "recording:\n  bytes: On\n", "study.yaml:5:10: recording.bytes: " + not_a_boolean("On", "true")},
    {"Off", keys + "recording:\n  bytes: OFF\n", "study.yaml:5:10: recording.bytes: " + not_a_boolean("OFF", "false")},
    {"N", keys + "study: {title: n}\n", "study.yaml:4:16: study.title: " + not_a_boolean("n", "false")},
    {"CapitalTrue", keys + "recording: {bytes: True}",
     "study.yaml:4:20: recording.bytes: " + not_a_boolean("True", "true")},
    {"Tilde", keys + "database: ~\n", "study.yaml:4:11: database: " + not_null("~")},
    {"CapitalNull", keys + "database: Null\n", "study.yaml:4:11: database: " + not_null("Null")},
    {"OddNull", keys + "database: nULL\n", "study.yaml:4:11: database: " + not_null("nULL")},
    {"Nothing", keys + "database:\n\nworkers: 1\n",
     "study.yaml:4:1: database: expected a value, got none; write null, or \"\" for empty text"},
    {"NothingInFlow", keys + "study: {title: }\n",
     "study.yaml:4:9: study.title: expected a value, got none; write null, or \"\" for empty text"},
    {"NothingInTheLastEntry", "access_codes:\n  - bob\n  -\n  # alice\n\ntask_duration_in_seconds: 60\ntasks: []\n",
     "study.yaml:3:3: access_codes[1]: expected a value, got none; write null, or \"\" for empty text"},
    {"KeyWithoutColon", keys + "workers: 2\nnull",
     "study.yaml:5:1: expected a key in quotes, got null, which YAML takes for null"},
    {"Octal", keys + "server:\n  port: 010\n",
     "study.yaml:5:9: server.port: " + not_a_number("010", "an octal number")},
    {"OctalWithLetter", keys + "server:\n  port: 0o17\n",
     "study.yaml:5:9: server.port: " + not_a_number("0o17", "an octal number")},
    {"Hexadecimal", keys + "workers: 0x10\n",
     "study.yaml:4:10: workers: " + not_a_number("0x10", "a hexadecimal number")},
    {"Binary", keys + "workers: 0b11\n", "study.yaml:4:10: workers: " + not_a_number("0b11", "a binary number")},
    {"Underscore", keys + "server:\n  port: 1_000\n",
     "study.yaml:5:9: server.port: " + not_a_number("1_000", "a number")},
    {"Base60", "access_codes: []\ntask_duration_in_seconds: 1:30\ntasks: []\n",
     "study.yaml:2:27: task_duration_in_seconds: " + not_a_number("1:30", "a number in base 60")},
    {"PlusSign", keys + "workers: +2\n", "study.yaml:4:10: workers: " + not_a_number("+2", "a number")},
    {"PointFirst", keys + "sandbox: {cpu: .5}\n", "study.yaml:4:16: sandbox.cpu: " + not_a_number(".5", "a number")},
    {"PointLast", keys + "sandbox: {cpu: 5.}\n", "study.yaml:4:16: sandbox.cpu: " + not_a_number("5.", "a number")},
    {"Infinity", keys + "sandbox: {cpu: -.Inf}\n",
     "study.yaml:4:16: sandbox.cpu: " + not_a_number("-.Inf", "a number")},
    {"Date", answer("    f: {$file: {mtime: 2024-01-31T12:00:00Z}}\n"),
     "study.yaml:7:24: tasks[0].answer.f.$file.mtime: expected text in quotes, got \"2024-01-31T12:00:00Z\" without "
     "quotes, which some YAML readers take for a date"},
    {"Mode", answer("    f: {$file: {mode: 0644}}\n"),
     "study.yaml:7:23: tasks[0].answer.f.$file.mode: " + not_a_number("0644", "an octal number")},
    {"DefaultValue", keys + "database: =\n",
     "study.yaml:4:11: database: expected text in quotes, got \"=\" without quotes, which some YAML readers take for a "
     "default value"},
    {"CodesAreNotQuoted",
     "access_codes:\n  - 0123\n  - 1_2\n  - no\n  - 2024-01-31\ntask_duration_in_seconds: 60\ntasks: []\n",
     "study.yaml:2:5: access_codes[0]: expected a decimal number or text in quotes, got a word without quotes, which "
     "some YAML readers take for an octal number\n"
     "study.yaml:3:5: access_codes[1]: expected a decimal number or text in quotes, got a word without quotes, which "
     "some YAML readers take for a number\n"
     "study.yaml:4:5: access_codes[2]: expected true, false or text in quotes, got a word without quotes, which some "
     "YAML readers take for false\n"
     "study.yaml:5:5: access_codes[3]: expected text in quotes, got a word without quotes, which some YAML readers "
     "take "
     "for a date"},
    {"CodeIsANumber", "access_codes: [1234]\ntask_duration_in_seconds: 60\ntasks: []\n",
     "study.yaml:1:16: access_codes[0]: expected a string, got a number"},
    {"LongNumber", keys + "workers: 99999999999999999999\n",
     "study.yaml:4:10: workers: expected a whole number from -9223372036854775808 to 9223372036854775807, got one of "
     "20 "
     "digits\nstudy.yaml:4:10: workers: expected a whole number from 1 to 256, got 0"},
};
INSTANTIATE_TEST_SUITE_P(Words, BrokenYamlTest, testing::ValuesIn(words), name_of);

const BrokenText yaml_keys[] = {
    {"Number", answer("    2023: {}\n"),
     "study.yaml:7:5: expected a key in quotes, got \"2023\" without them, which YAML takes for a number"},
    {"OctalNumber", answer("    007: {}\n"),
     "study.yaml:7:5: expected a key in quotes, got \"007\" without them, which some YAML readers take for an octal "
     "number"},
    {"Boolean", answer("    y: null\n"),
     "study.yaml:7:5: expected a key in quotes, got \"y\" without them, which some YAML readers take for true"},
    {"Null", answer("    ~: null\n"), "study.yaml:7:5: expected a key in quotes, got ~, which YAML takes for null"},
    {"None", answer("    : null\n"), "study.yaml:7:5: expected a key, got none"},
    {"Array", keys + "[a, b]: 1\n", "study.yaml:4:1: expected a key that is a string, got an array"},
    {"Object", keys + "? a: [b, {c: d}]\n  e: f\n: 1\n",
     "study.yaml:4:3: expected a key that is a string, got an object"},
    {"Merge", keys + "server:\n  <<: {port: 1}\n",
     "study.yaml:5:3: expected a key in quotes, got \"<<\" without them, which some YAML readers take for a merge key"},
    {"Duplicate", keys + "workers: 1\n\"workers\": 2\n",
     "study.yaml:5:1: workers: expected each key once, got \"workers\" a second time (first at 4:1)"},
    {"Misspelt", keys + "sever:\n  port: 1\n",
     "study.yaml:4:1: sever: expected a known key, got \"sever\"; did you mean \"server\"?"},
};
INSTANTIATE_TEST_SUITE_P(Keys, BrokenYamlTest, testing::ValuesIn(yaml_keys), name_of);

const BrokenText features[] = {
    {"Anchor", "access_codes: &codes [bob]\ntask_duration_in_seconds: 60\ntasks: []\n",
     "study.yaml:1:15: access_codes: " + no_anchor},
    {"AnchorOfAKey", keys + "&a workers: 2\n", "study.yaml:4:1: " + no_anchor},
    {"Alias", keys + "study: {title: *t}\n", "study.yaml:4:16: " + no_alias},
    {"BillionLaughs", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
     "study.yaml:1:4: a: " + no_anchor + "\nstudy.yaml:2:4: b: " + no_anchor + "\nstudy.yaml:2:8: b[0]: " + no_alias +
         "\nstudy.yaml:2:12: b[1]: " + no_alias + "\nstudy.yaml:3:5: c[0]: " + no_alias +
         "\nstudy.yaml:3:9: c[1]: " + no_alias},
    {"Tag", keys + "workers: !!int \"2\"\n", "study.yaml:4:10: workers: " + no_tag},
    {"TagOfNobody", keys + "workers: ! 2\n", "study.yaml:4:10: workers: " + no_tag},
    {"TagOfAnObject", keys + "study: !!python/object:os.system {}\n", "study.yaml:4:8: study: " + no_tag},
    {"TagOfABlock", keys + "study:\n  title: !x |\n    # a\n", "study.yaml:5:10: study.title: " + no_tag},
    {"CodesOfSigns", "access_codes: [!secret7, &secret8]\ntask_duration_in_seconds: 60\ntasks: []\n",
     "study.yaml:1:16: access_codes[0]: " + no_tag + "\nstudy.yaml:1:26: access_codes[1]: " + no_anchor},
    {"TwoDocuments", keys + "---\nworkers: 3\n",
     "study.yaml:4:1: expected one document in the file, got a second one after \"---\""},
    {"MoreAfterTheEnd", keys + "...\nworkers: 3\n",
     "study.yaml:5:1: expected the end of the file, got more text; is it indented like the lines above it?"},
    {"KeyAfterAnArray", "- a\nb: 1\n",
     "study.yaml:2:1: expected the end of the file, got more text; is it indented like the lines above it?"},
    {"Directive", "# c\n%YAML 1.1\n---\n" + keys,
     "study.yaml:2:1: expected no directive ('%' at the beginning of a line), got one"},
    {"DirectiveAtTheEnd", keys + "%workers: 3\n",
     "study.yaml:4:1: expected no directive ('%' at the beginning of a line), got one"},
    {"TabInFrontOfAKey", keys + "server:\n\tport: 1\n", "study.yaml:5:1: " + only_spaces},
    {"TabInFrontOfAnotherKey", keys + "server:\n  port: 1\n \taddress: x\n", "study.yaml:6:2: " + only_spaces},
    {"TabInFrontOfText", keys + "database:\n\tx\n", "study.yaml:5:1: database: " + only_spaces},
    {"TabInABlock", keys + "study:\n  title: |\n    a\n\tb\n", "study.yaml:7:1: " + only_spaces},
    {"ByteOrderMarkInside", keys + "\xEF\xBB\xBFworkers: 1\n",
     "study.yaml:4:1: expected a byte order mark at the beginning of the file only, got one here"},
    {"Utf16", std::string("\xFF\xFE{\0}\0", 6), "study.yaml:1:1: expected text in UTF-8, got the byte 0xff"},
    {"CarriageReturn", "access_codes: []\rtasks: []\n",
     "study.yaml:1:17: expected lines that end with LF or CR LF, got a CR alone"},
    {"ControlCharacter", "study: {title: \"a\x07z\"}\n",
     "study.yaml:1:18: expected \\u0007 inside double quotes instead of a control character, got the character "
     "itself"},
    {"EndOfTransmission", keys + "\x04workers: 0\n",
     "study.yaml:4:1: expected \\u0004 inside double quotes instead of a control character, got the character itself"},
    {"Nul", keys + std::string(1, '\0'),
     "study.yaml:4:1: expected \\u0000 inside double quotes instead of a control character, got the character itself"},
    {"NextLine", "study: {title: a\xC2\x85z}\n",
     "study.yaml:1:17: expected \\u0085 inside double quotes instead of a control character, got the character "
     "itself"},
    {"DeepFlow", repeated("[", 201) + repeated("]", 201),
     "study.yaml:1:201: expected at most 200 levels of nesting, got more"},
    {"DeepBlock", repeated("- ", 100'000), "study.yaml:1:401: expected at most 200 levels of nesting, got more"},
    {"DeepKeys", repeated("? ", 100'000), "study.yaml:1:401: expected at most 200 levels of nesting, got more"},
};
INSTANTIATE_TEST_SUITE_P(Features, BrokenYamlTest, testing::ValuesIn(features), name_of);

const BrokenText syntax[] = {
    {"Empty", "", "study.yaml:1:1: expected a value, got an empty file"},
    {"OnlyComments", "# the codes\n", "study.yaml:2:1: expected a value, got an empty file"},
    {"ColonInText", keys + "study:\n  title: The study: part 1\n", "study.yaml:5:19: " + no_colon},
    {"LongKey", repeated("k", 1100) + ": 1\n", "study.yaml:1:1101: " + no_colon},
    {"KeyIndentedLess", keys + "server:\n  port: 1\n address: x\n",
     "study.yaml:6:2: expected a key, indented like the other keys (the object begins at 1:1), got other text"},
    {"EntryIndentedLess", keys + "server:\n  trusted_proxies:\n    - a\n   - b\n",
     "study.yaml:7:4: expected a key, indented like the other keys (the object begins at 5:3), got '-'"},
    {"ObjectWithoutEnd", keys + "server: {port: 1\n",
     "study.yaml:5:1: expected ',' or '}' (the object begins at 4:9), got the end of the file"},
    {"ArrayWithoutEnd", "access_codes: [bob\n",
     "study.yaml:2:1: expected ',' or ']' (the array begins at 1:15), got the end of the file"},
    {"BracketTooMany", "access_codes: [bob]]\n",
     "study.yaml:1:20: expected a value or the end of the file, got ']', which closes nothing"},
    {"StringWithoutEnd", "study: {title: \"abc}\nserver: {}\n",
     "study.yaml:1:16: expected a \" at the end of the string, got none"},
    {"SingleQuotedWithoutEnd", keys + "database: 'it''s\n",
     "study.yaml:4:11: expected a ' at the end of the string, got none"},
    {"AtSign", "study: {title: @abc}\n",
     "study.yaml:1:16: expected a value, got '@'; put text that begins with it in quotes"},
    {"Percent", "study:\n  title: %abc\n",
     "study.yaml:2:10: expected a value, got '%'; put text that begins with it in quotes"},
    {"UnknownEscape", "study:\n  title: \"C:\\dir\"\n",
     "study.yaml:2:13: expected an escape of YAML after a backslash, such as \\n, \\\" or \\u00e9; text in single "
     "quotes "
     "has none"},
    {"EscapeOfOneByte", "study: {title: \"a\\_b\"}\n",
     "study.yaml:1:16: expected a string without the escapes \\N and \\_, got one with them; write \\u0085 and "
     "\\u00a0"},
    {"HalfASurrogatePair", "study:\n  title: \"\\ud83d\\ude00\"\n",
     "study.yaml:2:11: expected a whole character after \\u or \\U, got half a surrogate pair or a number above "
     "10ffff; "
     "write the character itself"},
    {"EntryBehindAKey", "tasks: - type: x\n",
     "study.yaml:1:8: expected a value in this line, got '-'; the entries of an array begin in the next line"},
    {"TextBehindABar", "study:\n  title: |x\n   y\n",
     "study.yaml:2:11: expected the end of the line after '|' or '>', got other text; the text begins in the next "
     "line"},
    {"Array", "- a\n- b\n", "study.yaml:1:1: expected an object, got an array"},
    {"Text", "access_codes\n", "study.yaml:1:1: expected an object, got \"access_codes\""},
};
INSTANTIATE_TEST_SUITE_P(Syntax, BrokenYamlTest, testing::ValuesIn(syntax), name_of);

TEST(BrokenYaml, OnlyTheFileExtensionDeterminesTheForm) {
  for (const char* file : {"a.yaml", "a.yml", "A.YAML", "a.json.Yml"})
    EXPECT_EQ(error_of(keys, FakePlugins(), file), "");
  for (const char* file : {"a.json", "yaml", "a.yaml.bak", ".yam", "yml/config"}) {
    EXPECT_EQ(error_of(keys, FakePlugins(), file), std::string(file) +
                                                       ":1:1: expected a value, got access_codes; JSON has only the "
                                                       "words true, false and null, and puts text in double quotes");
  }
}

TEST(BrokenYaml, ErrorsOfTheStudyHaveTheMessagesOfJson) {
  EXPECT_EQ(yaml_error("access_codes:\n  - bob\n  - bob\ntask_duration_in_seconds: 0\ntasks:\n  - type: stdout\n"
                       "    description: \"\"\n    answer: 1\nserver:\n  port: 70000\n"),
            "study.yaml:3:5: access_codes[1]: expected each entry once, got one a second time (first at 2:5)\n"
            "study.yaml:4:27: task_duration_in_seconds: expected a number above 0 and up to 31536000, got 0\n"
            "study.yaml:7:18: tasks[0].description: expected a string that is not empty, got \"\"\n"
            "study.yaml:8:13: tasks[0].answer: expected a string or an array, got 1\n"
            "study.yaml:10:9: server.port: expected a whole number from 0 to 65535, got 70000");
}

TEST(BrokenYaml, EveryChangedByteIsReadOrRefusedWithAMessage) {
  const std::string good =
      "# a\naccess_codes: [bob, \"x y\"]\ntask_duration_in_seconds: 1.5\ntasks:\n  - type: stdout\n    description: |\n"
      "      # Title\n\n      text # no\n        more\n    answer: \"a\\nb\" # c\n";
  ASSERT_EQ(yaml_error(good), "");
  static constexpr char interesting[] = {'\0', '\n', '"', '\\', '{', '}', '[', ']',    ',', ':', '#',
                                         '&',  '\'', '*', '!',  '|', '>', '-', '\xFF', '0', '?', '\t'};
  for (std::size_t position = 0; position < good.size(); ++position) {
    const std::string cut = yaml_error(good.substr(0, position));
    EXPECT_TRUE(cut.empty() || cut.starts_with("study.yaml:")) << "at byte " << position << ": " << cut;
    for (const char c : interesting) {
      std::string changed = good;
      changed[position] = c;
      const std::string message = yaml_error(changed);
      EXPECT_TRUE(message.empty() || message.starts_with("study.yaml:")) << changed << message;
      EXPECT_EQ(message.find("yaml-cpp"), std::string::npos) << changed << message;
    }
  }
}

}  // namespace
}  // namespace tellina
