#include <gtest/gtest.h>

#include <filesystem>

#include "host/config/config_text.hpp"
#include "host/config/json_reader.hpp"
#include "host/config/json_writer.hpp"
#include "host/config/yaml_reader.hpp"
#include "host/config/yaml_writer.hpp"
#include "support/places.hpp"
#include "unit/config/fixture.hpp"

namespace tellina {
namespace {

YamlDocument read(const std::string& text) {
  Diagnostics diagnostics("f.yaml");
  YamlDocument document = read_yaml(text, "f.yaml", diagnostics);
  diagnostics.throw_if_any();
  return document;
}

/// As JSON with sorted keys.
std::string value_of(const std::string& text) { return canonical_json(read(text).document.root); }

TEST(YamlReader, ReadsEveryKindOfValue) {
  EXPECT_EQ(value_of("z: null\nt: true\nf: false\ni: -12\nd: 2.5e1\ns: text\na:\n- 1\no: {}\n"),
            R"({"a":[1],"d":2.5e1,"f":false,"i":-12,"o":{},"s":"text","t":true,"z":null})");
  EXPECT_EQ(value_of("---\nalone\n"), "\"alone\"");
  EXPECT_EQ(value_of("\xEF\xBB\xBF"
                     "a: 1\r\nb:\r\n  - |\r\n    x\r\n    y\r\n"),
            R"({"a":1,"b":["x\ny\n"]})");
  EXPECT_EQ(value_of("{\n\t\"a\": [1,\n\t2], 'b':3}"), R"({"a":[1,2],"b":3})") << "JSON is YAML, with tabs too";
  EXPECT_EQ(value_of("? " + std::string(2000, 'k') + "\n: 1\n"), "{\"" + std::string(2000, 'k') + "\":1}");
}

TEST(YamlReader, ReadsAsTextWhatEveryReaderReadsAsText) {
  for (const std::string text :
       {"127.0.0.1", "::1",   "10.0.0.0/8", "2001:db8::7", "it's",       "a b", "~/tools", "nobody",
        "yes.txt",   "1.2.3", "0644x",      "-x",          "12 o'clock", "a#b", "a:b",     "$link",
        "3 tasks",   "1h30",  "null_",      "inf",         "2024-01",    "#"}) {
    const std::string quoted = text == "#" ? "\"#\"" : text;
    EXPECT_EQ(value_of("k: " + quoted), "{\"k\":\"" + text + "\"}");
  }
  EXPECT_EQ(value_of("k: \"no\"\nl: '010'\nm: |-\n  ~\n"), R"({"k":"no","l":"010","m":"~"})");
  EXPECT_EQ(value_of("\"no\": 1\n'010': 2\n\"<<\": 3\n"), R"({"010":2,"<<":3,"no":1})");
}

TEST(YamlReader, KeepsTheTextOfBlocks) {
  EXPECT_EQ(value_of("k: |\n  # Title\n\n  - item\n    more\n  \ttab\n\nl: |-\n  no end\nm: |+\n  ends\n\n"),
            R"({"k":"# Title\n\n- item\n  more\n\ttab\n","l":"no end","m":"ends\n\n"})");
  EXPECT_EQ(value_of("k: >\n  one\n  line\n\n  next\nl: \"a\n  b\"\nm: plain\n  text\n"),
            R"({"k":"one line\nnext\n","l":"a b","m":"plain text"})");
}

TEST(YamlReader, KnowsThePlaceAndPathOfEveryValueAndKey) {
  const ConfigDocument document =
      read("server:\n  port: 1\ntasks:\n  - \xC3\xBC: x\n    answer:\n      a.txt: 1\n").document;
  EXPECT_EQ(document.root.at("server").at("port").place(), "f.yaml:2:9");
  EXPECT_EQ(document.root.at("server").place(), "f.yaml:2:3") << "an object begins with its first key";
  EXPECT_EQ(document.keys.at("server.port").line, 2);
  EXPECT_EQ(document.keys.at("server.port").column, 3);
  const Config& task = document.root.at("tasks").items().at(0);
  EXPECT_EQ(task.at("\xC3\xBC").place(), "f.yaml:4:9") << "columns count bytes";
  EXPECT_EQ(task.at("answer").at("a.txt").path(), "tasks[0].answer[\"a.txt\"]");
  EXPECT_EQ(task.at("answer").at("a.txt").place(), "f.yaml:6:14");
}

TEST(YamlReader, CountsCommentsOutsideOfStrings) {
  EXPECT_EQ(read("# one\na: 1 # two\n#three\nb: [x, # four\n z]\n").comments, 4U);
  EXPECT_EQ(read("a: x#y\nb: \"# no\"\nc: '# it''s # no'\nd: \"\\\" # no\"\n").comments, 0U);
  EXPECT_EQ(read("a: | # yes\n  # no\n\n  # no\n# yes\nb:\n  - >-\n    # no\n   # yes\n  - 1\n").comments, 3U);
  EXPECT_EQ(read("- |1\n  # no\n # no\n- 1 # yes").comments, 1U);
}

TEST(YamlReader, ReadsALargeFileQuickly) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "- key: value\n  list: [1, 2]\n  text: |\n    a\n    b\n";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(read(text).document.root.items().size(), 20'000U);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(YamlWriter, IsReadable) {
  const Config value =
      read_json(R"({"$schema": "./s.json", "access_codes": ["bob", "1234", "no"], "empty": [[], {}, ""],
    "tasks": [{"description": "# Title\n\nText with `code`: 1, 2\n", "answer": "a\nb", "2023": {"run.sh":
    {"$file": {"content": "x\n", "mode": "0755"}}, "l": {"$link": "a"}, ".bashrc": null, "a: b": " "}}]})",
                "f.json");
  EXPECT_EQ(pretty_yaml(value),
            "$schema: \"./s.json\"\n"
            "access_codes:\n  - bob\n  - \"1234\"\n  - \"no\"\n"
            "empty:\n  - []\n  - {}\n  - \"\"\n"
            "tasks:\n"
            "  - description: |\n      # Title\n\n      Text with `code`: 1, 2\n"
            "    answer: |-\n      a\n      b\n"
            "    \"2023\":\n"
            "      run.sh:\n        $file:\n          content: |\n            x\n          mode: \"0755\"\n"
            "      l: {$link: \"a\"}\n"
            "      .bashrc: null\n"
            "      \"a: b\": \" \"\n");
}

TEST(YamlWriter, PreservesUnusualValues) {
  for (const std::string text :
       {R"("")", R"("\n")", R"("a\n")", R"(" a\nb")", R"("a\n \nb")", R"("a\n\n\n")", R"("a\n\tb\n c ")",
        R"("\u0000\u0007\u007f\u0085\u2028\ufeff\ud83d\ude00")", R"("a\r\nb\n")", R"("# a\n---\n...\n")",
        R"(["\n", "a\nb", ["x\ny\n", {"k": "a\n\n"}], []])", R"({"": "", " ": {"\n": "\na\n"}})",
        R"({"a": -0, "b": 1e5, "c": 2.50, "d": 9223372036854775807})", "[[[[]], {}]]", "17",
        R"({"%": "%a\n%b\n", "- a": "- b", "? c": "? d", "e:": ":", "f #": "# g", "!": "&", "*": "@"})"}) {
    const Config value = read_json(text, "f.json");
    EXPECT_EQ(pretty_json(read(pretty_yaml(value)).document.root), pretty_json(value)) << pretty_yaml(value);
  }
  const Config deep = read_json(std::string(200, '[') + std::string(200, ']'), "f.json");
  EXPECT_EQ(value_of(pretty_yaml(deep)), canonical_json(deep));
  const Config long_key = read_json("{\"" + std::string(3000, 'k') + "\": {\"a\": \"x\\ny\"}}", "f.json");
  EXPECT_EQ(value_of(pretty_yaml(long_key)), canonical_json(long_key));
}

TEST(ConfigText, EveryConfigurationOfThisRepositoryHasBothForms) {
  std::vector<std::filesystem::path> paths{std::filesystem::path(source_folder()) / "config.json"};
  for (const char* folder : {"docs/examples", "packaging"}) {
    const auto entries = std::filesystem::recursive_directory_iterator(std::filesystem::path(source_folder()) / folder);
    for (const auto& entry : entries) paths.push_back(entry.path());
  }
  int files = 0;
  for (const std::filesystem::path& path : paths) {
    const std::string name = path.lexically_relative(source_folder()).string();
    const bool is_json = path.extension() == ".json";
    if (!is_json && form_of(name) != ConfigForm::yaml) continue;
    const std::string text = read_text(path);
    const std::string other = is_json ? "c.yaml" : "c.json";
    const ConvertedConfig there = convert_config(text, name, other);
    const ConvertedConfig back = convert_config(there.text, other, name);
    Diagnostics diagnostics(name);
    EXPECT_EQ(pretty_json(read_config_text(back.text, name, diagnostics).root),
              pretty_json(read_config_text(text, name, diagnostics).root));
    ++files;
  }
  EXPECT_GE(files, 4);
}

TEST(ConfigText, AStudyIsTheSameInBothForms) {
  const std::string folder = (std::filesystem::path(source_folder()) / "docs/examples/upkeep").string();
  const std::string json = read_text(folder + "/config.json");
  const std::string yaml = convert_config(json, "config.json", "config.yaml").text;
  const HostConfig a = parse_host_config(json, folder + "/config.json", FakePlugins());
  const HostConfig b = parse_host_config(yaml, folder + "/config.yaml", FakePlugins());
  EXPECT_EQ(a.access_codes, b.access_codes);
  ASSERT_EQ(a.study->tasks.size(), b.study->tasks.size());
  for (std::size_t i = 0; i < a.study->tasks.size(); ++i) {
    EXPECT_EQ(a.study->tasks[i].definition_hash, b.study->tasks[i].definition_hash) << "a reload must not refuse it";
    EXPECT_EQ(a.study->tasks[i].description, b.study->tasks[i].description);
  }
}

TEST(ConfigText, TheStudyOfTheDocumentationIsValid) {
  const std::string page = read_text(std::filesystem::path(source_folder()) / "docs/config.md");
  const std::string fence = "```yaml\n";
  const std::size_t start = page.find(fence);
  ASSERT_NE(start, std::string::npos);
  const std::size_t text = start + fence.size();
  const HostConfig config =
      parse_host_config(page.substr(text, page.find("```", text) - text), "study.yaml", FakePlugins());
  EXPECT_EQ(config.access_codes, std::vector<std::string>{"try-me"});
  ASSERT_EQ(config.study->tasks.size(), 1U);
  EXPECT_EQ(config.study->tasks[0].output_answer, "apple\npear");
  EXPECT_TRUE(config.study->tasks[0].description.starts_with("## Words that occur twice\n\nPrint the words"));
}

TEST(ConfigText, RefusesAnInvalidSource) {
  const auto message = [](const std::string& text, const std::string& from, const std::string& to) {
    try {
      return convert_config(text, from, to).text;
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
  };
  EXPECT_EQ(
      message("a: no", "c.yml", "c.json"),
      "c.yml:1:4: a: expected true, false or text in quotes, got \"no\" without quotes, which some YAML readers take "
      "for false");
  EXPECT_EQ(message(R"({"a": 1, "a": 2})", "c.json", "c.yml"),
            "c.json:1:10: a: expected each key once, got \"a\" a second time (first at 1:2)");
}

}  // namespace
}  // namespace tellina
