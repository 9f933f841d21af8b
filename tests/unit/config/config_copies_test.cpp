#include "host/config/config_copies.hpp"

#include <gmock/gmock.h>

#include "host/config/config_text.hpp"
#include "support/places.hpp"
#include "unit/config/fixture.hpp"

namespace tellina {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// The plugins of the fixture, with a channel layer that has secrets.
FakePlugins plugins_with_secrets() {
  FakePlugins plugins;
  plugins.channel_layers.emplace_back("wire", R"x({"type": "object", "properties": {
    "url": {"type": "string", "x-secret": true},
    "pins": {"type": "array", "items": {"type": "integer"}, "x-secret": true},
    "logins": {"type": "object", "x-secret": true}}})x");
  return plugins;
}

ConfigCopies copies_of(const std::string& text, const std::string& file = "config.json") {
  return parse_host_config(text, file, plugins_with_secrets()).recorded->copies;
}

std::string yaml_with(const std::string& more) { return more + "task_duration_in_seconds: 60\ntasks: []\n"; }

TEST(ConfigCopies, MarkedValuesAreHiddenInBothCopies) {
  const ConfigCopies copies = copies_of(R"x({
  "channel_layer": {"plugin": "wire", "url": "wire://:pass\"word@host", "pins": [7, 123456], "logins": {"ann": "x", "bert": "yyy"}},
  "access_codes": ["bob-4711",
    "al\u0069ce-4712"],
  "task_duration_in_seconds": 60,
  "tasks": []
}
)x");
  EXPECT_EQ(copies.source_text, R"x({
  "channel_layer": {"plugin": "wire", "url": "(secret)", "pins": ["(secret)", "(secret)"], "logins": {"ann": "(secret)", "bert": "(secret)"}},
  "access_codes": ["(secret)",
    "(secret)"],
  "task_duration_in_seconds": 60,
  "tasks": []
}
)x");
  EXPECT_EQ(copies.canonical_json,
            R"x({"access_codes":"(secret)","channel_layer":{"logins":"(secret)","pins":"(secret)","plugin":"wire",)x"
            R"x("url":"(secret)"},"task_duration_in_seconds":60,"tasks":[]})x");
}

TEST(ConfigCopies, NamesOfFixedGroupsAreHiddenAndTheirGroupsAreNotSearchedFor) {
  const std::string text = R"x({"access_codes": ["ann-1", "bert-2"], "task_duration_in_seconds": 60,
    "tasks": [{"type": "stdout", "description": "web", "answer": "a line of text"}],
    "blocks": {"all": {"tasks": ["task-1"]}}, "flow": [{"periods": [{"tasks": "{block}"}]}],
    "assignment": {"seed": 1, "groups": {"web": [{"block": "all"}], "man": [{"block": "all"}]},
      "fixed": {"ann-1": "web", "bert-2": "man"}}})x";
  const ConfigCopies copies = copies_of(text);
  EXPECT_THAT(copies.source_text, HasSubstr(R"x("fixed": {"(secret)": "(secret)", "(secret)": "(secret)"})x"));
  EXPECT_THAT(copies.source_text, HasSubstr(R"x("groups": {"web")x"));
  EXPECT_THAT(copies.canonical_json, HasSubstr(R"x("fixed":"(secret)")x"));
  EXPECT_THAT(copies.canonical_json, HasSubstr(R"x("description":"web")x"));
}

TEST(ConfigCopies, YamlKeepsItsCommentsWithoutTheSecretsInThem) {
  const ConfigCopies copies = copies_of(yaml_with(R"x(# The code of Robert is bob; bobby and kabob are words.
access_codes:
  - bob  # bob
  - 'it''s-secret'
  - "tab\x41ed"
study: {title: For bob and others}
)x"),
                                        "study.yaml");
  EXPECT_EQ(copies.source_text, yaml_with(R"x(# The code of Robert is (secret); bobby and kabob are words.
access_codes:
  - "(secret)"  # (secret)
  - "(secret)"
  - "(secret)"
study: {title: For (secret) and others}
)x"));
  EXPECT_THAT(copies.canonical_json, HasSubstr(R"x("title":"For (secret) and others")x"));
}

TEST(ConfigCopies, LongSecretsAreReplacedInsideOfWordsAndShortOnesOnlyWhereTheyAreMarked) {
  const ConfigCopies copies = copies_of(
      yaml_with("access_codes: [xk3-9Qab7, a]\ndatabase: prexk3-9Qab7post\nstudy: {title: a title}\n"), "study.yaml");
  EXPECT_EQ(
      copies.source_text,
      yaml_with("access_codes: [\"(secret)\", \"(secret)\"]\ndatabase: pre(secret)post\nstudy: {title: a title}\n"));
}

TEST(ConfigCopies, IfTheTextCannotBeCopiedItIsTheValueAsJson) {
  for (const char* const text :
       {// over two lines, as a block, with an escape elsewhere, and where a replacement would not be read
        "access_codes: [two\n  lines]\n", "access_codes:\n  - >-\n    two\n    lines\n",
        "access_codes: [two lines]\nstudy: {title: \"two\\x20lines\"}\n",
        "access_codes: [\"two lines\", \"100\"]\nworkers: 100\n"}) {
    const ConfigCopies copies = copies_of(yaml_with(text), "study.yaml");
    EXPECT_THAT(copies.source_text, Not(HasSubstr("lines"))) << text;
    EXPECT_THAT(copies.source_text, HasSubstr(R"x("access_codes": "(secret)")x")) << text;
  }
}

TEST(ConfigCopies, ATextWithoutSecretsStaysAsItIs) {
  for (const std::string& mark : {std::string(), std::string("\xEF\xBB\xBF")}) {
    const std::string text = mark + config_with(R"x("database": "x")x");
    const ConfigCopies copies = copies_of(text);
    EXPECT_EQ(copies.source_text, mark + R"x({"database": "x", "access_codes": ["(secret)"], )x"
                                         R"x("task_duration_in_seconds": 60, "tasks": []})x");
  }
  const std::string none = R"x({"access_codes": [], "task_duration_in_seconds": 60, "tasks": []})x";
  EXPECT_EQ(copies_of(none).source_text, none);
}

/// The example of a whole study has the same canonical JSON in both forms.
TEST(ConfigCopies, TheCrossoverExampleIsTheSameInYamlAndJson) {
  const std::string folder = source_folder() + "/docs/examples/crossover/";
  const std::string yaml = read_text(folder + "study.yaml");
  const std::string json = convert_config(yaml, folder + "study.yaml", folder + "config.json").text;
  const HostConfig from_yaml = parse_host_config(yaml, folder + "study.yaml", FakePlugins());
  const HostConfig from_json = parse_host_config(json, folder + "config.json", FakePlugins());
  EXPECT_EQ(from_yaml.recorded->copies.canonical_json, from_json.recorded->copies.canonical_json);
  EXPECT_THAT(from_yaml.recorded->copies.canonical_json, HasSubstr("Finding files with and without an assistant"));
  EXPECT_EQ(from_yaml.recorded->files, from_json.recorded->files);
  for (const char* const name :
       {"instructions.md", "web.md", "assistant.md", "website.tar.xz", "checks/html-tar/check.sh"}) {
    EXPECT_TRUE(from_yaml.recorded->files.contains(name)) << name;
  }
}

}  // namespace
}  // namespace tellina
