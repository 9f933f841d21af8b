/// config.json: every text is read as JSON or refused with a message.

#include <boost/json.hpp>

#include <optional>

#include "fuzz/texts.hpp"
#include "host/config/json_reader.hpp"
#include "host/config/json_writer.hpp"

namespace tellina::fuzz {
namespace {

Texts texts() {
  return Texts(
      {R"({"access_codes": ["bob", "alice"], "task_duration_in_seconds": 60, "tasks": [{"type": "stdout", "answer": "a"}]})",
       R"({"a": {"b": [null, true, false, -12, 2.5e1, 0, "\ud83d\ude00\u00e9\n"]}, "c\\\"": {}, "": []})",
       "[\r\n\t1 ,\n{\"\xc3\xbc\" : \"\xe2\x82\xac\"}, [[[]]], \"# no comment: - ? & * ! | > ' % @ `\"]",
       R"({"k": "v", "n": 9223372036854775807, "m": -9223372036854775808, "x": 1e-9})", "\"text\"", " 17 "},
      {"{",
       "}",
       "[",
       "]",
       ":",
       ",",
       "\"",
       "\\",
       "\\u",
       "\\ud800",
       "\\udc00",
       "\\u0000",
       "null",
       "true",
       "-",
       "0",
       "01",
       "1.",
       ".5",
       "1e5",
       "1E+400",
       "\n",
       "\r",
       "\t",
       " ",
       "#",
       "'",
       "&a",
       "*a",
       "!!str",
       "|",
       ">",
       "?",
       "- ",
       "---",
       "...",
       "%",
       "\xef\xbb\xbf",
       "\xc3",
       "\xc3\xa9",
       "\xed\xa0\x80",
       "\xff",
       "\x7f",
       std::string(1, '\0'),
       "\xe2\x80\xa8",
       std::string(30, '['),
       std::string(1100, 'k')});
}

/// Nothing if it stops at an exponent of ten digits, which is valid JSON, without reading further.
std::optional<bool> boost_reads(const std::string& text) {
  boost::json::parse_options options;
  options.max_depth = 1000;
  boost::system::error_code error;
  boost::json::parse(text, error, {}, options);
  if (error == boost::json::error::exponent_overflow) return std::nullopt;
  return !error;
}

TEST(ConfigJson, IsReadAsByAnotherReaderAndRoundTrips) {
  Texts some = texts();
  for (int left = Texts::rounds(20'000); left > 0; --left) {
    const std::string text = some.next();
    Diagnostics diagnostics("f.json");
    ConfigDocument document;
    bool is_json = true;
    try {
      document = read_json(text, "f.json", diagnostics);
    } catch (const ConfigError& error) {
      is_json = false;
      EXPECT_FALSE(boost_reads(text).value_or(false)) << shown(text);
      EXPECT_TRUE(std::string_view(error.what()).starts_with("f.json:")) << error.what() << " of " << shown(text);
    }
    if (!is_json || !diagnostics.empty()) continue;
    EXPECT_TRUE(text.starts_with("\xef\xbb\xbf") || boost_reads(text).value_or(true)) << shown(text);
    const std::string canonical = canonical_json(document.root);
    EXPECT_EQ(canonical_json(read_json(canonical, "f.json")), canonical) << shown(text);
    EXPECT_EQ(canonical_json(read_json(pretty_json(document.root), "f.json")), canonical) << shown(text);
  }
}

}  // namespace
}  // namespace tellina::fuzz
