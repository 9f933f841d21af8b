/// YAML configurations: every text is read or refused with a message, and every value can be written and read back.

#include "fuzz/texts.hpp"
#include "host/config/json_reader.hpp"
#include "host/config/json_writer.hpp"
#include "host/config/yaml_reader.hpp"
#include "host/config/yaml_writer.hpp"

namespace tellina::fuzz {
namespace {

Texts texts() {
  return Texts(
      {"access_codes: [bob, \"x y\"]\ntask_duration_in_seconds: 60\ntasks:\n  - type: stdout\n    description: |\n"
       "      # Title\n\n      text # no\n        more\n    answer: \"a\\nb\" # c\n",
       "a:\n- b\n- c: d\n  e: f\n-\n  g: h\n", "k: >-\n  folded\n  text\n\n  para\n    more\n  end\nz: 1\n",
       "{\"a\": [1, 2.5, null, true], \"b\": {\"c\": \"\\u00e9\"}}\n",
       "a: 'x\n  y\n\n  z'\nb: \"p\\\n   q\"\nc: plain\n  text\n", "? a\n: b\n? c\n: - d\n  - e\n",
       "- - a\n  - b\n- - c\n", "a: |+\n  x\n\n\nb: |-\n  y\n\nc: |1\n  z\n",
       "\xef\xbb\xbf# c\r\n---\r\na: \xc3\xbc\r\n...\r\n"},
      {"\n",
       "\n  ",
       "\n    ",
       "  ",
       " ",
       "#",
       " # c\n",
       "'",
       "\"",
       "\\",
       "|\n",
       "|-\n",
       "|+\n",
       ">\n",
       "|2\n",
       "[",
       "]",
       "{",
       "}",
       ",",
       ": ",
       ":",
       "- ",
       "-",
       "? ",
       "?",
       "!t ",
       "!!str ",
       "&x ",
       "*x",
       "<<: ",
       "---\n",
       "...\n",
       "%YAML ",
       "null",
       "~",
       "true",
       "no",
       "010",
       "1_0",
       "1:30",
       "-1.5",
       "\t",
       "\r",
       "\r\n",
       "@",
       "`",
       "%",
       "\\u",
       "\\ud800",
       "\\x41",
       "\\N",
       "\\_",
       "\\L",
       "\xc3",
       "\xc3\xa9",
       "\xff",
       "\x7f",
       "\x04",
       "\xe2\x80\xa8",
       "\xef\xbb\xbf",
       std::string(1, '\0'),
       std::string(30, '['),
       std::string(1100, 'k')});
}

TEST(ConfigYaml, RoundTripsOrIsRefusedWithAMessage) {
  Texts some = texts();
  int read = 0;
  const int rounds = Texts::rounds(10'000);
  for (int left = rounds; left > 0; --left) {
    const std::string text = some.next();
    Diagnostics diagnostics("f.yaml");
    YamlDocument yaml;
    try {
      yaml = read_yaml(text, "f.yaml", diagnostics);
    } catch (const ConfigError& error) {
      const std::string_view message = error.what();
      EXPECT_TRUE(message.starts_with("f.yaml:")) << message << " of " << shown(text);
      EXPECT_EQ(message.find("yaml-cpp"), std::string_view::npos) << message << " of " << shown(text);
      continue;
    }
    if (!diagnostics.empty()) continue;
    ++read;
    const std::string as_json = pretty_json(yaml.document.root);
    const std::string as_yaml = pretty_yaml(yaml.document.root);
    const YamlDocument again = read_yaml(as_yaml, "f.yaml", diagnostics);
    EXPECT_EQ(pretty_json(again.document.root), as_json) << shown(text) << " as " << shown(as_yaml);
    EXPECT_EQ(again.comments, 0U) << shown(as_yaml);
    EXPECT_EQ(pretty_json(read_json(as_json, "f.json")), as_json) << shown(text);
  }
  EXPECT_GT(read, rounds / 20) << "too few of the changed texts are valid";
}

/// Values that a study may contain, and unusual ones.
class Values {
 public:
  Config next(std::size_t depth = 0) {
    const std::size_t kind = m_texts.number(0, depth < 5 ? 9 : 6);
    if (kind == 7) return make_array(several<Config>([&] { return next(depth + 1); }));
    if (kind > 7) {
      return make_object(
          several<Config::Member>([&] { return Config::Member(text() + std::to_string(++m_keys), next(depth + 1)); }));
    }
    static const char* const scalars[] = {"null", "true", "false", "-12", "2.50", "1e5"};
    return kind == 6 || m_texts.one_in(2) ? make_string(text()) : read_json(scalars[kind], "f.json");
  }

 private:
  template <class Item, class Make>
  std::vector<Item> several(Make make) {
    std::vector<Item> items;
    for (std::size_t left = m_texts.number(0, 4); left > 0; --left) items.push_back(make());
    return items;
  }

  std::string text() {
    std::string result;
    for (std::size_t left = m_texts.number(0, 6); left > 0; --left) result += m_texts.word();
    return result;
  }

  Texts m_texts{{""},
                {"a",
                 "word",
                 "two words",
                 "127.0.0.1",
                 "$file",
                 "\n",
                 "\n\n",
                 "\n  ",
                 "\n\t",
                 " ",
                 "  ",
                 "\t",
                 "# ",
                 " #",
                 ": ",
                 ":",
                 "- ",
                 "?",
                 "? ",
                 "|",
                 ">",
                 "'",
                 "\"",
                 "\\",
                 "[",
                 "]",
                 "{",
                 "}",
                 ",",
                 "&",
                 "*",
                 "!",
                 "%",
                 "@",
                 "`",
                 "~",
                 "no",
                 "null",
                 "010",
                 "1:30",
                 "=",
                 "<<",
                 "---",
                 "...",
                 "\r",
                 "\r\n",
                 "\xc3\xa9",
                 "\xc2\x85",
                 "\xe2\x80\xa8",
                 "\xef\xbb\xbf",
                 "\xf0\x9f\x98\x80",
                 "\xef\xbf\xbe",
                 "\x7f",
                 "\x04",
                 std::string(1, '\0'),
                 std::string(70, 'x')}};
  int m_keys = 0;  ///< makes the keys of an object unique
};

TEST(ConfigYaml, EveryValueOfJsonCanBeWrittenAndReadBack) {
  Values values;
  for (int left = Texts::rounds(4'000); left > 0; --left) {
    const Config value = values.next();
    const std::string yaml = pretty_yaml(value);
    Diagnostics diagnostics("f.yaml");
    try {
      const YamlDocument read = read_yaml(yaml, "f.yaml", diagnostics);
      EXPECT_EQ(diagnostics.text(), "");
      EXPECT_EQ(read.comments, 0U) << shown(yaml);
      EXPECT_EQ(pretty_json(read.document.root), pretty_json(value)) << shown(yaml);
    } catch (const ConfigError& error) {
      ADD_FAILURE() << error.what() << " of " << shown(yaml);
    }
  }
}

}  // namespace
}  // namespace tellina::fuzz
