#include "host/config/json_reader.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "host/config/json_writer.hpp"

namespace tellina {
namespace {

using testing::Test;

/// The message if the text has diagnostics, otherwise its canonical form.
std::string read(const std::string& text) {
  try {
    return canonical_json(read_json(text, "f.json"));
  } catch (const ConfigError& error) {
    return error.what();
  }
}

TEST(JsonReader, ReadsEveryKindOfValue) {
  const Config root =
      read_json(R"({"n": null, "t": true, "f": false, "i": -12, "d": 2.5e1, "s": "x", "a": [1], "o": {}})", "f.json");
  EXPECT_TRUE(root.at("n").is_null());
  EXPECT_TRUE(root.at("t").as_bool());
  EXPECT_FALSE(root.at("f").as_bool());
  EXPECT_EQ(root.at("i").as_integer(), -12);
  EXPECT_EQ(root.at("d").kind(), Config::Kind::number);
  EXPECT_DOUBLE_EQ(root.at("d").as_number(), 25);
  EXPECT_EQ(root.at("s").as_string(), "x");
  EXPECT_EQ(root.at("a").items().size(), 1U);
  EXPECT_TRUE(root.at("o").members().empty());
}

TEST(JsonReader, KnowsThePlaceAndPathOfEveryValue) {
  const Config root = read_json("{\r\n\t\"tasks\": [\r\n    {\"answer\": {\"a.txt\": 1, \"ü\": 2}}]}", "dir/f.json");
  EXPECT_EQ(root.place(), "dir/f.json:1:1");
  const Config& answer = root.at("tasks").items().at(0).at("answer");
  EXPECT_EQ(answer.place(), "dir/f.json:3:16");
  EXPECT_EQ(answer.path(), "tasks[0].answer");
  EXPECT_EQ(answer.at("a.txt").path(), "tasks[0].answer[\"a.txt\"]");
  EXPECT_EQ(answer.at("a.txt").column(), 26);
  EXPECT_EQ(answer.at("ü").column(), 35) << "columns count bytes";
}

TEST(JsonReader, KnowsThePlaceOfEveryKey) {
  Diagnostics diagnostics("f");
  const ConfigDocument document = read_json("{\"server\":\n {\"port\" :\n 1}}", "f", diagnostics);
  EXPECT_EQ(document.keys.at("server.port").line, 2);
  EXPECT_EQ(document.keys.at("server.port").column, 3);
  EXPECT_EQ(document.root.at("server").at("port").line(), 3);
}

TEST(JsonReader, DecodesEveryEscape) {
  EXPECT_EQ(read_json(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC")", "f").as_string(), "\"\\/\b\f\n\r\tA\u00e9\u20ac");
  EXPECT_EQ(read_json(R"("a\u0000b")", "f").as_string(), std::string("a\0b", 3));
}

TEST(JsonReader, AcceptsSurrogatePairsAsPythonWritesThem) {
  const Config root = read_json(R"({"\ud83d\ude00": ["\uD83D\uDE00!", "x\ud800\udc00", "\udbff\udfff"]})", "f");
  const std::vector<Config>& items = root.at("\U0001F600").items();
  EXPECT_EQ(items[0].as_string(), "\U0001F600!");
  EXPECT_EQ(items[1].as_string(), "x\U00010000");
  EXPECT_EQ(items[2].as_string(), "\U0010FFFF");
  EXPECT_EQ(items[1].column(), 36) << "the column is still correct";
}

TEST(JsonReader, RefusesHalfASurrogatePair) {
  EXPECT_EQ(read(R"(["a\ud83d", "\ude00", "\ud83d\u0041"])"),
            "f.json:1:4: expected a surrogate pair such as \\ud83d\\ude00, got only half of one: \\ud83d\n"
            "f.json:1:14: expected a surrogate pair such as \\ud83d\\ude00, got only half of one: \\ude00\n"
            "f.json:1:24: expected a surrogate pair such as \\ud83d\\ude00, got only half of one: \\ud83d");
}

TEST(JsonReader, NamesBothPlacesOfADuplicateKey) {
  EXPECT_EQ(read("{\"a\": 1,\n \"b\": {\"x\": 1, \"x\": 2},\n \"a\": 3}"),
            "f.json:2:16: b.x: expected each key once, got \"x\" a second time (first at 2:8)\n"
            "f.json:3:2: a: expected each key once, got \"a\" a second time (first at 1:2)");
  EXPECT_EQ(read(R"({"a": 1, "\u0061": 2})"),
            "f.json:1:10: a: expected each key once, got \"a\" a second time (first at 1:2)");
}

TEST(JsonReader, AcceptsIntegersUpToSixtyFourBits) {
  const std::vector<Config> items = read_json("[9223372036854775807, -9223372036854775808, -0]", "f").items();
  EXPECT_EQ(items[0].as_integer(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(items[1].as_integer(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(items[2].as_integer(), 0);
}

TEST(JsonReader, RefusesNumbersThatDoNotFit) {
  EXPECT_EQ(read("{\"a\": [9223372036854775808]}"),
            "f.json:1:8: a[0]: expected a whole number from -9223372036854775808 to 9223372036854775807, got "
            "one of 19 digits");
  EXPECT_EQ(read("[1e400]"), "f.json:1:2: [0]: expected a number up to 1.8e308, got a larger one");
  EXPECT_EQ(read_json("1e-400", "f").as_number(), 0) << "Python reads it as 0 too";
}

TEST(JsonReader, AcceptsUnusualButValidLayouts) {
  EXPECT_EQ(read("\xEF\xBB\xBF{\"a\":1,\"b\":[1,2],\"c\":\"x\"}"), R"({"a":1,"b":[1,2],"c":"x"})");
  EXPECT_EQ(read("{\"a\"\n\n  :\r1\t,\n\"\"\n:\n-1}"), R"({"":-1,"a":1})") << "a colon may be on a later line";
  EXPECT_EQ(read("[\n-1\n,\n\"a: b # c\"\n]\n"), R"([-1,"a: b # c"])");
  EXPECT_EQ(read("\"alone\""), "\"alone\"");
  EXPECT_EQ(read("{\"~\":\"~\",\"null\":\"null\",\"<<\":{\"a\":1},\"- x\":\"*y\"}"),
            R"({"- x":"*y","<<":{"a":1},"null":"null","~":"~"})");
  EXPECT_EQ(read("{\"" + std::string(3000, 'k') + "\": 1}"), "{\"" + std::string(3000, 'k') + "\":1}");
  EXPECT_EQ(read("[\"\x7F\xC2\x85\xE2\x80\xA8\"]"), "[\"\x7F\xC2\x85\xE2\x80\xA8\"]");
}

TEST(JsonReader, ReadsALargeLineQuickly) {
  std::string text = "[";
  for (int i = 0; i < 50'000; ++i) text += R"({"key": "value", "list": [1, 2]},)";
  text.back() = ']';
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(read_json(text, "f").items().size(), 50'000U);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(JsonWriter, KeepsOrderForReadersAndSortsForComparison) {
  const Config value = read_json(R"({"b": [1, 2.50, {"z": null, "a": "é\n\u0001"}], "a": {}})", "f");
  EXPECT_EQ(pretty_json(value), "{\"b\": [1, 2.50, {\"z\": null, \"a\": \"é\\n\\u0001\"}], \"a\": {}}\n");
  EXPECT_EQ(canonical_json(value), "{\"a\":{},\"b\":[1,2.50,{\"a\":\"é\\n\\u0001\",\"z\":null}]}");
}

/// A task's hash is computed from this form. A study that began with version 0.1.0 must find its tasks unchanged.
TEST(JsonWriter, ComparesInTheFormOfTheFirstVersion) {
  const Config value = read_json(R"({"\u007fk": "\u007f\\u007f \u007f\u007f", "a": "\u001f\ud83d\ude00\/"})", "f");
  EXPECT_EQ(canonical_json(value),
            "{\"a\":\"\\u001f😀/\",\"\x7f"
            "k\":\"\x7f\\\\u007f \x7f\x7f\"}");
  EXPECT_EQ(pretty_json(value), "{\"\\u007fk\": \"\\u007f\\\\u007f \\u007f\\u007f\", \"a\": \"\\u001f😀/\"}\n");
  EXPECT_EQ(canonical_json(read_json(pretty_json(value), "f")), canonical_json(value));
}

TEST(JsonWriter, BreaksLongLines) {
  const std::string long_text(60, 'x');
  const Config value = read_json(R"({"a": [")" + long_text + R"(", ")" + long_text + R"("], "b": 1})", "f");
  EXPECT_EQ(pretty_json(value),
            "{\n  \"a\": [\n    \"" + long_text + "\",\n    \"" + long_text + "\"\n  ],\n  \"b\": 1\n}\n");
  EXPECT_EQ(canonical_json(read_json(pretty_json(value), "f")), canonical_json(value));
}

}  // namespace
}  // namespace tellina
