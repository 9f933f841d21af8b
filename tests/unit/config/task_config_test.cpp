#include "unit/config/fixture.hpp"

namespace tellina {
namespace {

std::string working_directory_error(const std::string& directory, const std::string& tree) {
  return error_of(R"({"access_codes": [], "task_duration_in_seconds": 1,
"sandbox": {"working_directory": ")" +
                  directory + R"("}, "tasks": [{"type": "stdout", "description": "d", "answer": "a",
"initial_filesystem": )" +
                  tree + "}]}");
}

TEST(TaskConfig, ATaskWithoutTheWorkingDirectoryIsRefused) {
  const std::string expected =
      "config.json:3:23: tasks[0].initial_filesystem: expected a tree with the directory \"~/project/src\", where the "
      "shell starts (sandbox.working_directory), got none";
  EXPECT_EQ(working_directory_error("~/project/src", R"({"project": {"source": {}}})"), expected);
  EXPECT_EQ(working_directory_error("~/project/src", R"({"project": {"src": null}})"), expected);
  EXPECT_EQ(working_directory_error("~/project/src", "{}"), expected);
  EXPECT_EQ(working_directory_error("~//project/./src/", R"({"project": {"src": {}}})"), "");
}

TEST(TaskConfig, ATaskWithoutItsOwnWorkingDirectoryIsRefused) {
  EXPECT_EQ(
      error_of(R"({"access_codes": [], "task_duration_in_seconds": 1, "sandbox": {"working_directory": "~/a"},
"tasks": [{"type": "stdout", "description": "d", "answer": "a", "working_directory": "~/b", "initial_filesystem": {"a": {}}}]})"),
      "config.json:2:115: tasks[0].initial_filesystem: expected a tree with the directory \"~/b\", where the shell "
      "starts (tasks[0].working_directory), got none");
}

std::string answer_error(const std::string& task) {
  return error_of(R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [
{"description": "d", )" +
                  task + "}]}");
}

TEST(TaskConfig, AnAnswerThatEqualsTheInitialFilesIsRefused) {
  const std::string what =
      ": tasks[0].answer: expected a tree that differs from \"initial_filesystem\", got the same: the task would pass "
      "at once";
  EXPECT_EQ(answer_error(R"("answer": {}, "type": "filesystem")"), "config.json:2:32" + what);
  for (const char* trees : {
           R"("initial_filesystem": {"a": "x", "d": {"b": null}})",
           R"("initial_filesystem": {"a": "x", "d": {"b": ""}})",
           R"("initial_filesystem": {"d": {"b": "any content"}, "a": {"$file": {"content": "x", "mode": "0600"}}})",
       }) {
    EXPECT_EQ(answer_error(R"("answer": {"a": "x", "d": {"b": null}}, "type": "filesystem", )" + std::string(trees)),
              "config.json:2:32" + what)
        << trees;
  }
  for (
      const char* same : {
          R"("answer": {"a": {"$file": {"mode": "0644", "owner": "me"}}}, "type": "filesystem", "initial_filesystem": {"a": "x"})",
          R"("answer": {"l": {"$link": "a"}}, "type": "filesystem", "initial_filesystem": {"l": {"$link": "a"}})",
          R"("answer": {"a": null}, "type": "filesystem", "initial_filesystem": {"a": {"$file": {"mode": "0600"}}})",
          R"("answer": {"a": {"$file": {"size": 5}}}, "type": "filesystem", "initial_filesystem": {"a": "12345"})",
      }) {
    EXPECT_EQ(answer_error(same), "config.json:2:32" + what) << same;
  }
}

TEST(TaskConfig, AnAnswerThatNeedsWorkIsAccepted) {
  for (const char* task : {
           R"("answer": {"a": null}, "type": "filesystem")",
           R"("answer": {}, "type": "filesystem", "initial_filesystem": {"a": null})",
           R"("answer": {}, "type": "filesystem", "initial_filesystem": {".a": null})",
           R"("answer": {"a": "y"}, "type": "filesystem", "initial_filesystem": {"a": "x"})",
           R"("answer": {"a": {"$file": {"mode": "0600"}}}, "type": "filesystem", "initial_filesystem": {"a": "x"})",
           R"("answer": {"a": {"$file": {"owner": "0"}}}, "type": "filesystem", "initial_filesystem": {"a": "x"})",
           R"("answer": {"a": {"$file": {"mtime": "2020-01-01T00:00:00Z"}}}, "type": "filesystem",
              "initial_filesystem": {"a": "x"})",
           R"("answer": {"l": {"$link": "b"}}, "type": "filesystem", "initial_filesystem": {"l": {"$link": "a"}})",
           R"("answer": {"a": {}}, "type": "filesystem", "initial_filesystem": {"a": null})",
           R"("answer": " ", "type": "stdout")",
           R"("answer": "\na", "type": "stdout")",
       }) {
    EXPECT_EQ(answer_error(task), "") << task;
  }
}

TEST(TaskConfig, OnlyLineEndsAreNotAnAnswer) {
  for (const char* answer : {R"("\n")", R"("\r\n\r\n")"}) {
    EXPECT_EQ(answer_error(std::string(R"("answer": )") + answer + R"(, "type": "stdout", "match": "contains")"),
              "config.json:2:32: tasks[0].answer: expected a line with text in it, got only line ends: nearly any "
              "command would pass the task");
  }
}

TEST(TaskConfig, AWorkingDirectoryThatOnlyTheSandboxKnowsIsAccepted) {
  EXPECT_EQ(working_directory_error("~/project/src", R"({"project": {"$link": "/usr"}})"), "");
  EXPECT_EQ(working_directory_error("~/../me", "{}"), "");
  EXPECT_EQ(working_directory_error("/usr/share", "{}"), "");
}

std::vector<std::string> feedbacks(const std::string& of_study) {
  const HostConfig config = parse_host_config("{" + of_study + R"("access_codes": [], "task_duration_in_seconds": 1,
    "tasks": [{"type": "stdout", "description": "d", "answer": "a"},
              {"type": "stdout", "description": "d", "answer": "a", "feedback": "goal"},
              {"type": "filesystem", "description": "d", "answer": {"a": null}, "feedback": "none"}]})",
                                              "c", FakePlugins());
  std::vector<std::string> names;
  for (const Task& task : config.study->tasks) names.emplace_back(to_string(task.feedback));
  return names;
}

TEST(TaskConfig, FeedbackIsTheTasksOrTheStudysOrCounts) {
  EXPECT_EQ(feedbacks(""), (std::vector<std::string>{"counts", "goal", "none"}));
  for (const std::string level : {"none", "passed", "counts", "own", "goal"}) {
    EXPECT_EQ(feedbacks("\"feedback\": \"" + level + "\", "), (std::vector<std::string>{level, "goal", "none"}));
  }
}

TEST(TaskConfig, AnUnknownFeedbackLevelIsRefused) {
  EXPECT_EQ(answer_error(R"("answer": "a", "type": "stdout", "feedback": "full")"),
            "config.json:2:67: tasks[0].feedback: expected \"none\", \"passed\", \"counts\", \"own\" or \"goal\", got "
            "\"full\"");
  EXPECT_EQ(error_of(config_with(R"("feedback": 1)")),
            "config.json:1:14: feedback: expected \"none\", \"passed\", \"counts\", \"own\" or \"goal\", got 1");
}

/// A task with options for the sandbox `docker`, or for the default one.
std::string options_config(const std::string& options, bool has_docker = true) {
  return std::string("{\"access_codes\": [], \"task_duration_in_seconds\": 1,\n\"sandbox\": ") +
         (has_docker ? R"({"plugin": "docker"})" : "{}") + R"(, "tasks": [{"type": "stdout", "description": "d",
"answer": "a", "sandbox": )" +
         options + "}]}";
}

TEST(TaskConfig, OptionsForTheSandboxReachTheTask) {
  const HostConfig config =
      parse_host_config(options_config(R"({"image": "pine", "memory_in_mib": 64})"), "config.json", FakePlugins());
  const Config& options = config.study->tasks.at(0).sandbox_options;
  EXPECT_EQ(options.at("image").as_string(), "pine");
  EXPECT_EQ(options.at("memory_in_mib").as_integer(), 64);
  EXPECT_EQ(options.place(), "config.json:3:27");
  const HostConfig without = parse_host_config(config_with_tree("{\"a\": null}"), "config.json", FakePlugins());
  EXPECT_TRUE(without.study->tasks.at(0).sandbox_options.members().empty());
  EXPECT_NE(without.study->tasks.at(0).definition_hash, config.study->tasks.at(0).definition_hash);
}

TEST(TaskConfig, OptionsThatThePluginDoesNotKnowAreRefused) {
  EXPECT_EQ(error_of(options_config(R"({"imagee": "pine", "image": "pine"})")),
            "config.json:3:28: tasks[0].sandbox.imagee: expected a known key, got \"imagee\"; did you mean \"image\"?");
  EXPECT_EQ(error_of(options_config(R"({"image": ""})")),
            "config.json:3:37: tasks[0].sandbox.image: expected a string that is not empty, got \"\"");
  EXPECT_EQ(error_of(options_config(R"({"image": "a", "memory_in_mib": 8})")),
            "config.json:3:59: tasks[0].sandbox.memory_in_mib: expected a whole number of at least 16, got 8");
  EXPECT_EQ(error_of(options_config("{}")), "config.json:3:27: tasks[0].sandbox: expected the key \"image\", got none");
  EXPECT_EQ(error_of(options_config("7")), "config.json:3:27: tasks[0].sandbox: expected an object, got 7");
}

TEST(TaskConfig, OptionsForASandboxThatHasNoneAreRefused) {
  EXPECT_EQ(error_of(options_config("{}", false)), "");
  EXPECT_EQ(error_of(options_config(R"({"image": "pine"})", false)),
            "config.json:3:37: tasks[0].sandbox.image: expected no image, as the sandbox \"chroot\" has one root file "
            "system, "
            "got \"pine\"");
  EXPECT_EQ(
      error_of(options_config(R"({"memory": 1})", false)),
      "config.json:3:28: tasks[0].sandbox.memory: expected no option, because this sandbox has none for a task, got "
      "\"memory\"");
}

TEST(TaskConfig, ABrokenSchemaOfOptionsIsReported) {
  FakePlugins plugins;
  plugins.options["docker"] = R"({"type": "objekt"})";
  EXPECT_NE(error_of(options_config("{}"), plugins)
                .find("schema of the options of the sandbox docker:1:10: type: "
                      "expected"),
            std::string::npos)
      << error_of(options_config("{}"), plugins);
  EXPECT_EQ(error_of(options_config("{}", false), plugins), "") << "only the named plugin's is read";
}

std::string id_error(const std::string& ids) {
  std::string tasks;
  for (const char id : ids) {
    const std::string key =
        id == ' ' ? "" : std::string(R"("id": ")") + (id == '2' ? "task-2" : std::string(1, id)) + R"(", )";
    tasks += (tasks.empty() ? "" : ",\n") + ("{" + key + R"("type": "stdout", "description": "d", "answer": "a"})");
  }
  return error_of(R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [
)" + tasks + "]}");
}

TEST(TaskConfig, TheIdOfATaskIsItsOwn) {
  EXPECT_EQ(id_error("ab c"), "");
  EXPECT_EQ(id_error("aba"),
            "config.json:4:8: tasks[2].id: expected an id that no other task has, got \"a\", which the task at "
            "config.json:2:1 has too");
  EXPECT_EQ(id_error("2 "),
            "config.json:3:1: tasks[1]: expected an id that no other task has, got \"task-2\" (the default), which the "
            "task at config.json:2:1 has too");
  EXPECT_EQ(id_error("_"),
            "config.json:2:8: tasks[0].id: expected at most 40 lower-case letters, digits, \"-\" and \"_\", with a "
            "letter or a digit first, got \"_\"");
}

TEST(TaskConfig, AnIdIsNotPartOfTheDefinition) {
  const auto tasks = [](const std::string& keys) {
    return parse_host_config(R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [{)" + keys +
                                 R"("type": "stdout", "description": "d", "answer": "a"}]})",
                             "c", FakePlugins())
        .study->tasks;
  };
  EXPECT_EQ(tasks("").at(0).id, "task-1");
  EXPECT_EQ(tasks(R"("id": "x-1", )").at(0).id, "x-1");
  EXPECT_EQ(tasks("").at(0).definition_hash, tasks(R"("id": "x-1", )").at(0).definition_hash);
}

}  // namespace
}  // namespace tellina
