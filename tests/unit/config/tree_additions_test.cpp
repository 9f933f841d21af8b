/// Parts of trees beside plain files and directories: attributes of directories, relative times, ranges, and changes.

#include "host/config/tree_reader.hpp"
#include "unit/config/fixture.hpp"

namespace tellina {
namespace {

using namespace std::chrono_literals;

std::string config(const std::string& initial, const std::string& answer, const std::string& members = "") {
  return R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [
{"type": "filesystem", "description": "d", "initial_filesystem":
)" + initial +
         members + ", \"answer\":\n" + answer + "}]}";
}

Task task_of(const std::string& initial, const std::string& answer, const std::string& members = "") {
  return parse_host_config(config(initial, answer, members), "config.json", FakePlugins()).study->tasks.at(0);
}

std::string error(const std::string& initial, const std::string& answer, const std::string& members = "") {
  return error_of(config(initial, answer, members));
}

WallTime utc(const char* text) { return parse_utc_time(text).value(); }

TEST(TreeAdditions, ADirectoryMayHaveAttributes) {
  const std::string tree = R"({"d": {"$directory": {"mode": "0700", "mtime": "2020-01-01T00:00:00Z", "owner": "me",
      "entries": {"f": "x", "e": {"$directory": {}}}}}})";
  const Task task = task_of(tree, R"({"d": {"$directory": {"mode": "0750", "entries": {"f": null}}}})");
  const FileNode& d = task.initial.root.children.at("d");
  EXPECT_EQ(d.kind, FileKind::directory);
  EXPECT_EQ(d.mode, 0700U);
  EXPECT_EQ(d.modified_at, utc("2020-01-01T00:00:00Z"));
  EXPECT_EQ(d.owner, "me");
  EXPECT_EQ(d.children.at("f").content, "x");
  EXPECT_EQ(d.children.at("e").kind, FileKind::directory);
  const FileNode& wanted = task.filesystem_answer.root.children.at("d");
  EXPECT_EQ(wanted.mode, 0750U);
  EXPECT_FALSE(wanted.modified_at || wanted.owner) << "only what it names is compared";
  EXPECT_EQ(wanted.children.size(), 1U);
}

TEST(TreeAdditions, AnInitialTimeMayBeRelativeToTheStart) {
  const Task task = task_of(R"({"a": {"$file": {"mtime": "-400d"}}, "d": {"$directory": {"mtime": "-3h", "entries": {
      "m": {"$file": {"mtime": "-5m"}}, "s": {"$file": {"mtime": "-7s"}}, "now": {"$file": {"mtime": "-0s"}},
      "fixed": {"$file": {"mtime": "2020-01-01T00:00:00Z"}}}}}})",
                            "{}");
  const RelativeTimes expected{{"a", 400 * 24h}, {"d", 3h}, {"d/m", 5min}, {"d/s", 7s}, {"d/now", 0s}};
  EXPECT_EQ(task.initial_times, expected);
  EXPECT_FALSE(task.initial.root.children.at("a").modified_at);
  const FileTree started = with_times(task.initial, task.initial_times, utc("2026-03-01T10:00:00Z"));
  EXPECT_EQ(started.root.children.at("a").modified_at, utc("2025-01-25T10:00:00Z"));
  const FileNode& d = started.root.children.at("d");
  EXPECT_EQ(d.modified_at, utc("2026-03-01T07:00:00Z"));
  EXPECT_EQ(d.children.at("s").modified_at, utc("2026-03-01T09:59:53Z"));
  EXPECT_EQ(d.children.at("fixed").modified_at, utc("2020-01-01T00:00:00Z"));
}

TEST(TreeAdditions, AnAnswersSizeAndTimeMayBeRanges) {
  const Task task = task_of("{}", R"({"d": {"f": {"$file": {"size": {"at_least": 1, "at_most": 9},
      "mtime": {"at_least": "2020-01-01T00:00:00Z", "at_most": "2021-01-01T00:00:00Z"}}},
      "g": {"$file": {"size": {"at_most": 0}}}, "h": {"$file": {"mtime": {"at_least": "2020-01-01T00:00:00Z"}}}}})");
  ASSERT_EQ(task.answer_ranges.size(), 3U);
  const AttributeRange& f = task.answer_ranges.at("d/f");
  EXPECT_EQ(f.least_size, 1U);
  EXPECT_EQ(f.largest_size, 9U);
  EXPECT_EQ(f.earliest, utc("2020-01-01T00:00:00Z"));
  EXPECT_EQ(f.latest, utc("2021-01-01T00:00:00Z"));
  EXPECT_FALSE(task.answer_ranges.at("d/g").least_size);
  EXPECT_FALSE(task.answer_ranges.at("d/h").latest);
}

TEST(TreeAdditions, WhatATreeCannotHaveIsRefusedWithItsPlace) {
  const std::string initial = "config.json:3:";
  EXPECT_EQ(error(R"({"a": {"$file": {"size": {"at_least": 1}}}})", "{}"),
            initial +
                "26: tasks[0].initial_filesystem.a.$file.size: expected one size, as only answers have ranges, got "
                "an object");
  EXPECT_EQ(error(R"({"a": {"$file": {"mtime": {"at_least": "2020-01-01T00:00:00Z"}}}})", "{}"),
            initial +
                "27: tasks[0].initial_filesystem.a.$file.mtime: expected one time, as only answers have ranges, "
                "got an object");
  EXPECT_EQ(error(R"({"a": {"$file": {"mtime": "-18251d"}}})", "{}"),
            initial +
                "27: tasks[0].initial_filesystem.a.$file.mtime: expected at most 18250 days before the start, got "
                "\"-18251d\"");
  EXPECT_EQ(error(R"({"a": {"$file": {"mtime": "-9999999999h"}}})", "{}"),
            initial +
                "27: tasks[0].initial_filesystem.a.$file.mtime: expected at most 18250 days before the start, got "
                "\"-9999999999h\"");
  for (const char* time : {"400d", "-400", "-1d2h", "-d", "-1y", "+1d"}) {
    EXPECT_EQ(error(R"({"a": {"$file": {"mtime": ")" + std::string(time) + "\"}}}", "{}"),
              initial +
                  "27: tasks[0].initial_filesystem.a.$file.mtime: expected a time in UTC such as "
                  "\"2024-01-31T12:00:00Z\", or one before the start such as \"-400d\", got \"" +
                  time + "\"");
  }
  const std::string answer = "config.json:4:";
  EXPECT_EQ(error("{}", R"({"a": {"$file": {"mtime": "-1d"}}})"),
            answer +
                "27: tasks[0].answer.a.$file.mtime: expected a time in UTC such as \"2024-01-31T12:00:00Z\", as only "
                "initial trees have times before the start, got \"-1d\"");
  EXPECT_EQ(error("{}", R"({"a": {"$file": {"size": {"at_least": 5, "at_most": 4}}}})"),
            answer + "53: tasks[0].answer.a.$file.size.at_most: expected a size from \"at_least\" on, got 4");
  EXPECT_EQ(error("{}", R"({"a": {"$file": {"size": {"least": 5}}}})"),
            answer + "27: tasks[0].answer.a.$file.size.least: expected \"at_least\" or \"at_most\", got \"least\"");
  EXPECT_EQ(error("{}", R"({"a": {"$directory": {"size": 5}}})"),
            answer +
                "23: tasks[0].answer.a.$directory.size: expected \"mode\", \"mtime\", \"owner\" or \"entries\", got "
                "\"size\"");
}

const char* const site =
    R"({"site": {"a": {"1.md": "one", "3.md": "three", "x": {}}, "b": {"$link": "a"}}, "other": "o"})";

TEST(Changes, TheAnswerIsTheInitialTreeBelowTheRootWithTheChanges) {
  const Task task = task_of(site, R"({"$changes": {"remove": ["a/1.md", "./a/x/"],
      "add": {"a": {"2.md": "two"}, "c": {"$file": {"mode": "0600", "size": {"at_least": 1}}}}}})",
                            R"(, "root": "~/site")");
  const std::map<Bytes, FileNode>& expected = task.filesystem_answer.root.children;
  EXPECT_EQ(expected.size(), 3U);
  EXPECT_EQ(expected.at("a").children.size(), 2U);
  EXPECT_EQ(expected.at("a").children.at("2.md").content, "two");
  EXPECT_EQ(expected.at("a").children.at("3.md").content, "three");
  EXPECT_EQ(expected.at("b").target, "a");
  EXPECT_EQ(expected.at("c").mode, 0600U);
  EXPECT_EQ(task.answer_ranges.at("c").least_size, 1U);
}

TEST(Changes, AWholeDirectoryMayGoAndOnlyNamesMayCount) {
  const Task task =
      task_of(site, R"({"$changes": {"remove": ["site/a", "site/a/1.md"], "compare": "names", "add": {"n": "text"}}})");
  const std::map<Bytes, FileNode>& expected = task.filesystem_answer.root.children;
  EXPECT_EQ(expected.at("site").children.size(), 1U);
  EXPECT_EQ(expected.at("site").children.at("b").target, "") << "any target";
  EXPECT_EQ(expected.at("other").kind, FileKind::regular);
  EXPECT_FALSE(expected.at("other").content || expected.at("other").size);
  EXPECT_EQ(expected.at("n").content, "text");
}

TEST(Changes, AttributesOfTheInitialTreeAreNotCompared) {
  const Task task = task_of(R"({"f": {"$file": {"mode": "0600", "mtime": "2020-01-01T00:00:00Z"}}, "g": null})",
                            R"({"$changes": {"remove": ["g"]}})");
  const FileNode& f = task.filesystem_answer.root.children.at("f");
  EXPECT_FALSE(f.mode || f.modified_at || f.owner);
  EXPECT_EQ(f.content, "");
}

TEST(Changes, WhatDoesNotExistIsRefusedWithTheNearestName) {
  EXPECT_EQ(error(site, R"({"$changes": {"remove": ["a/1.md", "a/x", "b", "a/33.md"]}})", R"(, "root": "~/site")"),
            "config.json:4:48: tasks[0].answer.$changes.remove[3]: expected a path in \"initial_filesystem\", got "
            "\"a/33.md\"; did you mean \"a/3.md\"?");
  EXPECT_EQ(error(site, R"({"$changes": {"remove": ["../other"]}})", R"(, "root": "~/site")"),
            "config.json:4:26: tasks[0].answer.$changes.remove[0]: expected a path below \"root\", got \"../other\"");
  EXPECT_EQ(error(site, R"({"$changes": {"remove": ["."]}})"),
            "config.json:4:26: tasks[0].answer.$changes.remove[0]: expected a path below \"root\", got \".\"");
  EXPECT_EQ(error(site, R"({"$changes": {"remove": ["/etc"]}})"),
            "config.json:4:26: tasks[0].answer.$changes.remove[0]: expected a path without \"/\" at its start, got "
            "\"/etc\"");
  EXPECT_EQ(error(site, R"({"$changes": {"delete": ["a"]}})"),
            "config.json:4:15: tasks[0].answer.$changes.delete: expected \"remove\", \"add\" or \"compare\", got "
            "\"delete\"");
}

TEST(Changes, ThatChangeNothingAreRefused) {
  const std::string same =
      "config.json:4:1: tasks[0].answer: expected a tree that differs from \"initial_filesystem\", got the same: the "
      "task would pass at once";
  EXPECT_EQ(error(site, R"({"$changes": {}})"), same);
  EXPECT_EQ(error(site, R"({"$changes": {"compare": "names"}})"), same);
  EXPECT_EQ(error(site, R"({"$changes": {"add": {"other": "o"}}})"), same);
  EXPECT_EQ(error(site, R"({"$changes": {"add": {"other": "p"}}})"), "");
  EXPECT_EQ(error(site, R"({"$changes": {"add": {"other": {"$file": {"size": {"at_most": 1}}}}}})"), same);
  EXPECT_EQ(error(site, R"({"$changes": {"add": {"other": {"$file": {"size": {"at_least": 2}}}}}})"), "");
}

TEST(Changes, AreForAnswersOnly) {
  EXPECT_EQ(error(R"({"$changes": {}})", "{}").substr(0, 44), "config.json:3:2: tasks[0].initial_filesystem");
}

}  // namespace
}  // namespace tellina
