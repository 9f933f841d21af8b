/// The keys that tasks of every type have.

#include <fstream>

#include "unit/config/fixture.hpp"

namespace tellina {
namespace {

using namespace std::chrono_literals;

std::string config(const std::string& members) {
  return R"({"access_codes": [], "task_duration_in_seconds": 60, "tasks": [
{"type": "stdout", "description": "d", "answer": "a", )" +
         members + "}]}";
}

Task task_with(const std::string& members) {
  return parse_host_config(config(members), "config.json", FakePlugins()).study->tasks.at(0);
}

std::string error_with(const std::string& members) { return error_of(config(members)); }

TEST(TaskKeys, ATaskWithoutThemHasTheDefaults) {
  const Task task = task_with(R"("match": "lines")");
  EXPECT_EQ(task.title, "");
  EXPECT_EQ(task.expected, "");
  EXPECT_EQ(task.reveal, Reveal::at_start);
  EXPECT_FALSE(task.duration);
  EXPECT_EQ(task.give_up_after, 0s);
  EXPECT_TRUE(task.may_start_over);
  EXPECT_TRUE(task.solution.empty() && task.must_fail.empty());
}

TEST(TaskKeys, EachReachesTheTask) {
  const Task task = task_with(R"("id": "x", "title": "X", "tags": ["a", "b"], "metadata": {"level": 2},
      "duration_in_seconds": 1.5, "reveal": "before_start", "give_up": {"after_in_seconds": 30}, "start_over": false,
      "expected": "*this*", "solution": ["cd a", "ls"], "must_fail": {"not run": ["# ls"], "too much": ["ls -R", "ls"]})");
  EXPECT_EQ(task.title, "X");
  EXPECT_EQ(task.duration, 1500ms);
  EXPECT_EQ(task.reveal, Reveal::before_start);
  EXPECT_EQ(task.give_up_after, 30s);
  EXPECT_FALSE(task.may_start_over);
  EXPECT_EQ(task.expected, "*this*");
  EXPECT_EQ(task.solution, (std::vector<std::string>{"cd a", "ls"}));
  ASSERT_EQ(task.must_fail.size(), 2U);
  EXPECT_EQ(task.must_fail.at("too much"), (std::vector<std::string>{"ls -R", "ls"}));
  EXPECT_NE(task.settings.find(R"("tags":["a","b"])"), std::string::npos) << "kept for the record";
  EXPECT_EQ(task.id_place, "config.json:2:61");
  EXPECT_EQ(task_with(R"("match": "lines")").id_place, "config.json:2:1");
}

TEST(TaskKeys, ADurationMayBeAbsentNullOrTiny) {
  EXPECT_EQ(task_with(R"("duration_in_seconds": null)").duration, untimed);
  EXPECT_EQ(task_with(R"("duration_in_seconds": 1e-12)").duration, 1ns);
  const HostConfig config = parse_host_config(
      R"({"access_codes": [], "task_duration_in_seconds": 60, "tasks": [
        {"type": "stdout", "description": "d", "answer": "a"},
        {"type": "stdout", "description": "d", "answer": "a", "duration_in_seconds": 5}]})",
      "c", FakePlugins());
  EXPECT_EQ(duration_of(*config.study, config.study->tasks[0]), 60s);
  EXPECT_EQ(duration_of(*config.study, config.study->tasks[1]), 5s);
}

TEST(TaskKeys, GiveUpIsYesNoOrATime) {
  EXPECT_EQ(task_with(R"("give_up": true)").give_up_after, 0s);
  EXPECT_FALSE(task_with(R"("give_up": false)").give_up_after);
  EXPECT_EQ(task_with(R"("give_up": {"after_in_seconds": 0.5})").give_up_after, 500ms);
}

TEST(TaskKeys, TheExpectedResultMayBeAFileAndIsPartOfTheTask) {
  const TemporaryFolder folder;
  const auto hash = [&](const std::string& text) {
    std::ofstream(folder.file("e.md")) << text;
    const HostConfig read =
        parse_host_config(config(R"("expected": {"file": "e.md"})"), folder.file("config.json"), FakePlugins());
    EXPECT_EQ(read.study->tasks[0].expected, text);
    return read.study->tasks[0].definition_hash;
  };
  EXPECT_EQ(hash("one"), hash("one"));
  EXPECT_NE(hash("one"), hash("two"));
}

TEST(TaskKeys, WrongValuesAreRefusedWithTheirPlace) {
  const std::string place = "config.json:2:";
  EXPECT_EQ(error_with(R"("title": "")"), place + "64: tasks[0].title: expected a string that is not empty, got \"\"");
  EXPECT_EQ(error_with(R"("tags": "x")"), place + "63: tasks[0].tags: expected an array, got \"x\"");
  EXPECT_EQ(error_with(R"("tags": ["x", "x"])"),
            place + "69: tasks[0].tags[1]: expected each entry once, got \"x\" a second time (first at 2:64)");
  EXPECT_EQ(error_with(R"("metadata": {"a": [1]})"),
            place + "73: tasks[0].metadata.a: expected a string, a number or true or false, got an array");
  EXPECT_EQ(error_with(R"("duration_in_seconds": 0)"),
            place + "78: tasks[0].duration_in_seconds: expected a number above 0 and up to 31536000 or null, got 0");
  EXPECT_EQ(
      error_with(R"("duration_in_seconds": "60")"),
      place + "78: tasks[0].duration_in_seconds: expected a number above 0 and up to 31536000 or null, got \"60\"");
  EXPECT_EQ(error_with(R"("reveal": "never")"),
            place + "65: tasks[0].reveal: expected \"at_start\" or \"before_start\", got \"never\"");
  EXPECT_EQ(error_with(R"("reveal": "at start")"),
            place +
                "65: tasks[0].reveal: expected \"at_start\" or \"before_start\", got \"at start\"; did you mean "
                "\"at_start\"?");
  EXPECT_EQ(error_with(R"("give_up": "late")"),
            place + "66: tasks[0].give_up: expected true or false or an object, got \"late\"");
  EXPECT_EQ(error_with(R"("give_up": {"after": 5})"),
            place + "66: tasks[0].give_up: expected the key \"after_in_seconds\", got none\n" + place +
                "67: tasks[0].give_up.after: expected \"after_in_seconds\", got \"after\"");
  EXPECT_EQ(error_with(R"("give_up": {"after_in_seconds": -1})"),
            place + "87: tasks[0].give_up.after_in_seconds: expected a number from 0 to 31536000, got -1");
  EXPECT_EQ(error_with(R"("start_over": 1)"), place + "69: tasks[0].start_over: expected true or false, got 1");
  EXPECT_EQ(error_with(R"("solution": "ls")"), place + "67: tasks[0].solution: expected an array, got \"ls\"");
  EXPECT_EQ(error_with(R"("solution": [])"), place + "67: tasks[0].solution: expected at least 1 entry, got 0");
  EXPECT_EQ(error_with(R"("must_fail": ["ls"])"), place + "68: tasks[0].must_fail: expected an object, got an array");
  EXPECT_EQ(error_with(R"("must_fail": {"a": "ls"})"),
            place + "74: tasks[0].must_fail.a: expected an array, got \"ls\"");
  EXPECT_EQ(error_with(R"("expected": {"file": "none.md"})"),
            place +
                "76: tasks[0].expected.file: expected a file beside config.json, got \"none.md\": No such file or "
                "directory");
}

TEST(TaskKeys, InYamlTheyAreTheSame) {
  const std::string keys =
      "access_codes: []\ntask_duration_in_seconds: 1\ntasks:\n  - type: stdout\n    description: d\n    answer: a\n";
  const HostConfig read = parse_host_config(keys +
                                                "    duration_in_seconds: null\n    give_up: {after_in_seconds: 5}\n"
                                                "    solution: [find css -type f]\n"
                                                "    must_fail: {no upper bound: [find content -size +800c]}\n",
                                            "study.yaml", FakePlugins());
  EXPECT_EQ(read.study->tasks[0].duration, untimed);
  EXPECT_EQ(read.study->tasks[0].give_up_after, 5s);
  EXPECT_EQ(read.study->tasks[0].must_fail.count("no upper bound"), 1U);
  EXPECT_EQ(error_of(keys + "    start_over: no\n", FakePlugins(), "study.yaml"),
            "study.yaml:7:17: tasks[0].start_over: expected true, false or text in quotes, got \"no\" without quotes, "
            "which some YAML readers take for false");
  EXPECT_EQ(error_of(keys + "    reveal: later\n", FakePlugins(), "study.yaml"),
            "study.yaml:7:13: tasks[0].reveal: expected \"at_start\" or \"before_start\", got \"later\"");
}

}  // namespace
}  // namespace tellina
