#include "unit/config/fixture.hpp"

namespace tellina {
namespace {

/// A configuration of the sandbox `docker`, whose tasks may have options.
std::string config(const std::string& defaults, const std::string& tasks) {
  return R"({"access_codes": [], "task_duration_in_seconds": 60, "sandbox": {"plugin": "docker"},
"task_defaults": )" +
         defaults + ",\n\"tasks\": [\n" + tasks + "]}";
}

std::vector<Task> tasks_of(const std::string& defaults, const std::string& tasks) {
  return parse_host_config(config(defaults, tasks), "config.json", FakePlugins()).study->tasks;
}

std::string error(const std::string& defaults, const std::string& tasks) { return error_of(config(defaults, tasks)); }

const std::string lines = R"({"type": "stdout", "description": "d", "answer": "a"})";
const std::string files = R"({"type": "filesystem", "description": "d", "answer": {"new": null}})";

TEST(TaskDefaults, ATasksOwnKeyReplacesTheDefault) {
  const std::vector<Task> tasks = tasks_of(
      R"({"type": "stdout", "feedback": "goal", "check_every_in_seconds": 5, "reveal": "before_start", "give_up": false})",
      R"({"description": "d", "answer": "a"},
         {"description": "d", "answer": "a", "feedback": "none", "reveal": "at_start", "give_up": true},
         {"type": "filesystem", "description": "d", "answer": {"a": null}})");
  EXPECT_EQ(tasks[0].feedback, Feedback::goal);
  EXPECT_EQ(tasks[0].check_interval, std::chrono::seconds(5));
  EXPECT_EQ(tasks[0].reveal, Reveal::before_start);
  EXPECT_FALSE(tasks[0].give_up_after);
  EXPECT_EQ(tasks[1].feedback, Feedback::none);
  EXPECT_EQ(tasks[1].reveal, Reveal::at_start);
  EXPECT_EQ(tasks[1].give_up_after, std::chrono::seconds(0));
  EXPECT_EQ(tasks[1].check_interval, std::chrono::seconds(5));
  EXPECT_EQ(tasks[2].type, TaskType::filesystem);
  EXPECT_EQ(tasks[2].feedback, Feedback::goal);
}

TEST(TaskDefaults, SandboxAndMetadataAreMerged) {
  const std::vector<Task> tasks = tasks_of(
      R"({"sandbox": {"image": "pine", "memory_in_mib": 64}, "metadata": {"source": "pilot", "level": 1}})",
      R"({"type": "stdout", "description": "d", "answer": "a", "sandbox": {"memory_in_mib": 32}, "metadata": {"level": 2}},
         {"type": "stdout", "description": "d", "answer": "a"})");
  EXPECT_EQ(tasks[0].sandbox_options.at("image").as_string(), "pine");
  EXPECT_EQ(tasks[0].sandbox_options.at("memory_in_mib").as_integer(), 32);
  EXPECT_EQ(tasks[1].sandbox_options.at("memory_in_mib").as_integer(), 64);
  EXPECT_NE(tasks[0].settings.find(R"("metadata":{"level":2,"source":"pilot"})"), std::string::npos)
      << tasks[0].settings;
  EXPECT_NE(tasks[1].settings.find(R"("metadata":{"level":1,"source":"pilot"})"), std::string::npos)
      << tasks[1].settings;
}

TEST(TaskDefaults, AKeyThatTheTypeOrTheMatchDoesNotHaveIsLeftOut) {
  const std::string defaults =
      R"({"match": "records", "extra_lines": "allow", "files_may_change": true, "root": "~/w", "ignore": ["case"],
 "initial_filesystem": {"w": {"a": null}}})";
  const std::vector<Task> tasks =
      tasks_of(defaults, R"({"type": "filesystem", "description": "d", "answer": {"b": null}},
{"type": "file_search", "description": "d", "answer": ["a"]},
{"type": "stdout", "description": "d", "answer": [{"path": "a"}]},
{"type": "stdout", "description": "d", "answer": "text", "match": "lines", "initial_filesystem": {}})");
  EXPECT_EQ(tasks[0].root, "w");
  EXPECT_TRUE(tasks[1].files_may_change);
  EXPECT_EQ(tasks[2].output_match, OutputMatch::records);
  EXPECT_TRUE(tasks[2].allows_extra_lines);
  EXPECT_EQ(tasks[3].root, "") << "lines of text have no root";
  EXPECT_EQ(tasks_of(defaults, R"({"type": "command", "description": "d", "check": {"run": ["true"]}})")[0].root, "");
}

TEST(TaskDefaults, AnErrorOfADefaultIsShownOnceAtTheDefault) {
  const std::string tasks = lines + "," + files + "," + lines;
  EXPECT_EQ(
      error(R"({"feedback": "full"})", tasks),
      "config.json:2:31: task_defaults.feedback: expected \"none\", \"passed\", \"counts\", \"own\" or \"goal\", got "
      "\"full\"");
  EXPECT_EQ(
      error(R"({"feedback": "full"})", ""),
      "config.json:2:31: task_defaults.feedback: expected \"none\", \"passed\", \"counts\", \"own\" or \"goal\", got "
      "\"full\"");
  EXPECT_EQ(error(R"({"initial_filesystem": {"a": {"$archive": "none.tar"}}})", files + "," + files),
            "config.json:2:60: task_defaults.initial_filesystem.a.$archive: expected a tar file with the tree, got "
            "\"none.tar\": cannot read " +
                std::filesystem::absolute("none.tar").string() + ": No such file or directory");
  EXPECT_EQ(error(R"({"sandbox": {"imagee": 1, "image": "pine"}})", tasks),
            "config.json:2:31: task_defaults.sandbox.imagee: expected a known key, got \"imagee\"; did you mean "
            "\"image\"?");
  EXPECT_EQ(error("5", tasks), "config.json:2:18: task_defaults: expected an object, got 5");
}

TEST(TaskDefaults, WhatBelongsToOneTaskIsNoDefault) {
  for (const char* key : {"id", "title", "description", "answer", "solution", "must_fail"}) {
    EXPECT_EQ(
        error(std::string("{\"") + key + "\": \"a\"}", lines),
        std::string("config.json:2:19: task_defaults.") + key +
            ": expected a key of tasks other than \"id\", \"title\", \"description\", \"answer\", \"solution\" and "
            "\"must_fail\", got \"" +
            key + "\"");
  }
  EXPECT_EQ(error(R"({"working_dir": "~"})", lines).substr(0, 200),
            "config.json:2:19: task_defaults.working_dir: expected a key of tasks other than \"id\", \"title\", "
            "\"description\", \"answer\", \"solution\" and \"must_fail\", got \"working_dir\"");
  EXPECT_EQ(error(R"({"feedbck": "none"})", lines),
            "config.json:2:19: task_defaults.feedbck: expected a key of tasks other than \"id\", \"title\", "
            "\"description\", \"answer\", \"solution\" and \"must_fail\", got \"feedbck\"; did you mean \"feedback\"?");
}

TEST(TaskDefaults, ATaskThatCannotUseADefaultDirectoryIsNamed) {
  const std::string own_tree =
      R"({"type": "filesystem", "description": "d", "answer": {"b": null}, "initial_filesystem": {"v": {}}})";
  EXPECT_EQ(error(R"({"root": "~/w", "initial_filesystem": {"w": {}}})", files + ",\n" + own_tree),
            "config.json:5:89: tasks[1].initial_filesystem: expected a tree with the directory \"~/w\" "
            "(task_defaults.root), got none");
  EXPECT_EQ(
      error(R"({"working_directory": "~/w", "initial_filesystem": {"w": {}}})", files + ",\n" + own_tree),
      "config.json:5:89: tasks[1].initial_filesystem: expected a tree with the directory \"~/w\", where the shell "
      "starts (task_defaults.working_directory), got none");
}

TEST(TaskDefaults, TheHashIsThatOfTheEffectiveKeys) {
  const std::string with_own =
      R"({"type": "stdout", "description": "d", "answer": "a", "feedback": "own", "check_every_in_seconds": 1})";
  EXPECT_EQ(tasks_of(R"({"feedback": "own", "check_every_in_seconds": 1})", lines)[0].definition_hash,
            tasks_of("{}", with_own)[0].definition_hash);
  EXPECT_NE(tasks_of(R"({"feedback": "goal"})", lines)[0].definition_hash, tasks_of("{}", lines)[0].definition_hash);
}

/// Its definition hash.
std::string hash_with(const std::string& members) {
  return tasks_of("{}", R"({"type": "stdout", "description": "d", "answer": "a")" + members + "}")[0].definition_hash;
}

TEST(TaskDefaults, WhatDescribesATaskIsNotPartOfItsDefinition) {
  const std::string plain = hash_with("");
  EXPECT_EQ(plain, "673a05579f921b8414339694ab8e5c6ad29ce81b3a61143bfdaac3e82b40eaf4")
      << "that of a task without new keys never changes";
  for (const char* members :
       {R"(, "id": "x")", R"(, "tags": ["x"])", R"(, "metadata": {"x": 1.5, "y": "z", "b": true})",
        R"(, "solution": ["echo a"])", R"(, "must_fail": {"not run": ["# echo a"]})", R"(, "duration_in_seconds": 5)",
        R"(, "duration_in_seconds": null)"}) {
    EXPECT_EQ(hash_with(members), plain) << members;
  }
  for (const char* members : {R"(, "title": "x")", R"(, "reveal": "at_start")", R"(, "give_up": false)",
                              R"(, "start_over": false)", R"(, "expected": "x")", R"(, "feedback": "none")"}) {
    EXPECT_NE(hash_with(members), plain) << members;
  }
}

TEST(TaskDefaults, WhatIsNoArrayOrObjectStaysAsItIs) {
  EXPECT_EQ(error_of(R"({"access_codes": [], "task_duration_in_seconds": 1, "task_defaults": {"type": "stdout"},
"tasks": [7, {"type": 5, "description": "d"}]})"),
            "config.json:2:11: tasks[0]: expected an object, got 7\n"
            "config.json:2:23: tasks[1].type: expected a task type (\"stdout\", \"file_search\", \"filesystem\" or "
            "\"command\"), got 5");
  EXPECT_EQ(error_of(R"({"access_codes": [], "task_duration_in_seconds": 1, "task_defaults": {"type": "stdot"},
"tasks": []})"),
            "config.json:1:79: task_defaults.type: expected \"stdout\", \"file_search\", \"filesystem\" or "
            "\"command\", got \"stdot\"; "
            "did you mean \"stdout\"?");
}

TEST(TaskDefaults, InYamlTheyAreTheSame) {
  const std::string yaml =
      "access_codes: []\ntask_duration_in_seconds: 1\ntask_defaults:\n  feedback: full\n  root: ~/w\n"
      "  initial_filesystem: {w: {a: null}}\ntasks:\n  - {type: stdout, description: d, answer: a}\n"
      "  - {type: file_search, description: d, answer: [b]}\n";
  EXPECT_EQ(
      error_of(yaml, FakePlugins(), "study.yaml"),
      "study.yaml:4:13: task_defaults.feedback: expected \"none\", \"passed\", \"counts\", \"own\" or \"goal\", got "
      "\"full\"");
}

}  // namespace
}  // namespace tellina
