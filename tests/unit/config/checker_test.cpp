#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "unit/config/fixture.hpp"

namespace tellina {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class CheckerConfig : public testing::Test {
 protected:
  CheckerConfig() { std::filesystem::create_directory(folder.file("check")); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder.file(name)) << text; }
  static std::string config(const std::string& members, const std::string& type = "command") {
    return R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [
{"type": ")" +
           type + R"(", "description": "d", )" + members + "}]}";
  }
  Task load(const std::string& members) const {
    return parse_host_config(config(members), folder.file("config.json"), FakePlugins()).study->tasks.at(0);
  }
  /// Without the folder and the place.
  std::string error(const std::string& members, const std::string& type = "command") const {
    std::string message = error_of(config(members, type), FakePlugins(), folder.file("config.json"));
    const std::string start = folder.file("");
    for (std::size_t at = message.find(start); at != std::string::npos; at = message.find(start)) {
      message.erase(at, start.size());
    }
    const std::size_t path = message.find("tasks[0]");
    return path == std::string::npos ? message : message.substr(path);
  }

  TemporaryFolder folder;
};

TEST_F(CheckerConfig, ReadsTheProgramAndItsFolder) {
  write("check/check.sh", "exit 0\n");
  chmod(folder.file("check/check.sh").c_str(), 0755);
  std::filesystem::create_directory(folder.file("check/data"));
  write("check/data/answer", "42");
  std::filesystem::create_symlink("data/answer", folder.file("check/link"));
  const Task task = load(R"("check": {"run": ["bash", "/check/check.sh", ""], "folder": "check"})");
  EXPECT_EQ(task.type, TaskType::command);
  EXPECT_EQ(task.checker.arguments, (std::vector<std::string>{"bash", "/check/check.sh", ""}));
  EXPECT_EQ(task.checker.when, CheckerRuns::each_command);
  EXPECT_EQ(task.checker.time_limit, std::chrono::seconds(10));
  EXPECT_THAT(task.checker.place, EndsWith("config.json:2:10: tasks[0].type"));
  const FileNode& root = task.checker.folder.root;
  EXPECT_EQ(root.children.size(), 3U);
  EXPECT_EQ(root.children.at("check.sh").content, "exit 0\n");
  EXPECT_EQ(root.children.at("check.sh").mode, 0755U);
  EXPECT_EQ(root.children.at("data").children.at("answer").content, "42");
  EXPECT_EQ(root.children.at("link").target, "data/answer");
  EXPECT_EQ(task.hand_in, HandIn::automatic);
  EXPECT_EQ(task.tries, 1);
}

TEST_F(CheckerConfig, ReadsHandInTriesWhenAndTime) {
  const Task task = load(
      R"("hand_in": "button", "tries": 100, "check": {"run": ["true"], "when": "hand_in", "timeout_in_seconds": 0.25})");
  EXPECT_EQ(task.hand_in, HandIn::button);
  EXPECT_EQ(task.tries, 100);
  EXPECT_EQ(task.checker.when, CheckerRuns::hand_in);
  EXPECT_EQ(task.checker.time_limit, std::chrono::milliseconds(250));
  EXPECT_TRUE(task.checker.folder.root.children.empty());
  EXPECT_EQ(load(R"("hand_in": "both", "check": {"run": ["true"], "when": "both"})").checker.when, CheckerRuns::both);
}

TEST_F(CheckerConfig, AChangedFileOfTheCheckerIsAnotherTask) {
  write("check/a", "one");
  const std::string members = R"("check": {"run": ["true"], "folder": "check"})";
  const std::string one = load(members).definition_hash;
  EXPECT_EQ(load(members).definition_hash, one);
  write("check/a", "two");
  const std::string two = load(members).definition_hash;
  EXPECT_NE(two, one);
  std::filesystem::rename(folder.file("check/a"), folder.file("check/b"));
  EXPECT_NE(load(members).definition_hash, two);
}

TEST_F(CheckerConfig, NamesWhatIsWrongWithTheCheck) {
  EXPECT_THAT(error(R"("hand_in": "button")"), HasSubstr("expected the key \"check\""));
  EXPECT_EQ(error(R"("check": {"run": []})"), "tasks[0].check.run: expected at least 1 entry, got 0");
  EXPECT_THAT(error(R"("check": {"run": ["a"], "timeout_in_seconds": 0})"),
              HasSubstr("tasks[0].check.timeout_in_seconds: "));
  EXPECT_THAT(error(R"("check": {"run": ["a"], "when": "always"})"),
              HasSubstr("expected \"each_command\", \"hand_in\" or \"both\", got \"always\""));
  EXPECT_EQ(error(R"("check": {"run": ["a"], "when": "both"})"),
            R"(tasks[0].check.when: expected "each_command", as "hand_in" is "automatic", got "both")");
  EXPECT_EQ(error(R"("hand_in": "both", "check": {"run": ["a"], "when": "hand_in"})"),
            R"(tasks[0].check.when: expected "each_command" or "both", as "hand_in" is "both", got "hand_in")");
}

TEST_F(CheckerConfig, NamesWhatIsWrongWithTheFolder) {
  const auto with_folder = [&](const std::string& name) {
    return error(R"("check": {"run": ["a"], "folder": ")" + name + R"("})");
  };
  const std::string start = "tasks[0].check.folder: expected a folder beside config.json, got ";
  EXPECT_EQ(with_folder("chck"), start + "\"chck\": No such file or directory");
  write("file", "");
  EXPECT_EQ(with_folder("file"), start + "\"file\": it is not a folder");
  write("check/session.jsonl", "");
  EXPECT_EQ(with_folder("check"), start + "\"check\": session.jsonl is the name of the file with the commands");
  std::filesystem::remove(folder.file("check/session.jsonl"));
  ASSERT_EQ(mkfifo(folder.file("check/pipe").c_str(), 0600), 0);
  EXPECT_EQ(with_folder("check"), start + "\"check\": check/pipe: expected a file, a directory or a link");
  std::filesystem::remove(folder.file("check/pipe"));
  for (int i = 0; i < 1001; ++i) write("check/" + std::to_string(i), "");
  EXPECT_THAT(with_folder("check"), EndsWith(": the folder has more than 1000 entries"));
}

TEST_F(CheckerConfig, NamesWhatIsWrongWithTheHandIn) {
  const auto with = [&](const std::string& members) { return error(R"("answer": "a", )" + members, "stdout"); };
  EXPECT_EQ(with(R"("feedback": "none", "hand_in": "automatic")"),
            R"(tasks[0].hand_in: expected "button", as "feedback" is "none", got "automatic")");
  EXPECT_EQ(with(R"("feedback": "none", "hand_in": "both")"),
            R"(tasks[0].hand_in: expected "button", as "feedback" is "none", got "both")");
  EXPECT_EQ(with(R"("feedback": "none", "hand_in": "button", "tries": 2)"),
            R"(tasks[0].tries: expected 1, as "feedback" is "none", got 2)");
  EXPECT_EQ(with(R"("tries": 3)"), R"(tasks[0].tries: expected 1, as "hand_in" is "automatic", got 3)");
  EXPECT_THAT(with(R"("hand_in": "button", "tries": 101)"), HasSubstr("tasks[0].tries: expected "));
  EXPECT_THAT(with(R"("hand_in": "later")"), HasSubstr(R"(expected "automatic", "button" or "both", got "later")"));
  EXPECT_EQ(with(R"("feedback": "none", "hand_in": "button", "tries": 1)"), "");
}

TEST_F(CheckerConfig, ReadsWhatIsTypedForATrial) {
  const std::string check = R"("check": {"run": ["true"]})";
  const Task task = load(check + R"(, "solution": ["a", ""], "must_fail": {"too short": ["b"], "none": [" c"]})");
  EXPECT_EQ(task.solution, (std::vector<std::string>{"a", ""}));
  EXPECT_EQ(task.must_fail.size(), 2U);
  EXPECT_EQ(task.must_fail.at("too short"), std::vector<std::string>{"b"});
  EXPECT_EQ(task.definition_hash, load(check).definition_hash) << "they are no part of the task";
  EXPECT_EQ(error(check + R"(, "solution": ["a\nb"])"),
            R"(tasks[0].solution[0]: expected a line without line ends, got "a\u000ab")");
  EXPECT_THAT(error(check + R"(, "must_fail": {"": ["a"]})"), HasSubstr("expected a name of at most 100 characters"));
}

TEST_F(CheckerConfig, ATaskWithoutFeedbackOfOlderVersionsStaysValid) {
  EXPECT_EQ(error(R"("answer": "a", "feedback": "none")", "stdout"), "");
}

}  // namespace
}  // namespace tellina
