/// `tellina tasks try` in real sandboxes.

#include "server_fixture.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;

class TasksTry : public ServerTest {
 protected:
  /// Returns the exit status; `output` and `errors` have what the program has printed.
  int try_tasks(const std::string& tasks, const std::vector<std::string>& more = {}) {
    StudyConfig config;
    config.tasks = tasks;
    configure(config);
    std::vector<std::string> words{"tasks", "try"};
    words.insert(words.end(), more.begin(), more.end());
    ChildProcess child(program_file(), words, folder(), "try");
    const std::optional<int> status = child.wait(std::chrono::seconds(120));
    output = child.output();
    errors = child.errors();
    return status.value_or(-1);
  }

  std::string output;
  std::string errors;
};

TEST_F(TasksTry, EachSolutionPassesAndNothingElse) {
  std::filesystem::create_directory(folder() / "check");
  write_text(folder() / "check/check.sh", "grep -qx b ~/made");
  EXPECT_EQ(try_tasks(R"([
    {"id": "hello", "type": "stdout", "description": "d", "answer": "hello", "solution": ["echo hell'o'"],
     "must_fail": {"another word": ["echo hullo"]}},
    {"id": "tree", "type": "filesystem", "description": "d", "answer": {"d": {"f": "a\nb\n"}}, "hand_in": "button", "tries": 2,
     "solution": ["mkdir d", "cat > d/f <<END", "a", "b", "END"], "must_fail": {"one line": ["mkdir d; echo a > d/f"]}},
    {"id": "checked", "type": "command", "description": "d", "check": {"run": ["bash", "/check/check.sh"], "folder": "check"},
     "solution": ["echo b > made"]}])",
                      {"--json", "results.json"}),
            0)
      << output << errors;
  EXPECT_EQ(output,
            "good    hello: the solution passes\n"
            "good    hello: an empty session does not pass\n"
            "good    hello: another word does not pass\n"
            "good    hello: the solution as a comment does not pass\n"
            "good    hello: the solution printed does not pass\n"
            "good    tree: the solution passes\n"
            "good    tree: an empty session does not pass\n"
            "good    tree: one line does not pass\n"
            "good    tree: the solution as a comment does not pass\n"
            "good    tree: the solution printed does not pass\n"
            "good    checked: the solution passes\n"
            "good    checked: an empty session does not pass\n"
            "good    checked: the solution as a comment does not pass\n"
            "good    checked: the solution printed does not pass\n");
  EXPECT_THAT(
      read_text(folder() / "results.json"),
      HasSubstr(R"({"task":"tree","way":"one line","must_pass":false,"passed":false,"end":"gave_up","good":true})"));
}

TEST_F(TasksTry, AWrongSolutionAndATooLenientCheckAreFaults) {
  const std::string tasks = R"([
    {"id": "wrong", "type": "stdout", "description": "d", "answer": "hello", "solution": ["echo hullo"]},
    {"id": "lenient", "type": "stdout", "match": "contains", "description": "d", "answer": "ell", "solution": ["echo hello"]}])";
  EXPECT_EQ(try_tasks(tasks), 1);
  EXPECT_THAT(output, HasSubstr("FAULT   wrong: the solution: expected that it passes, got that it does not\n"));
  EXPECT_THAT(output,
              HasSubstr("FAULT   lenient: the solution printed: expected that it does not pass, got that it passes\n"));
  EXPECT_EQ(try_tasks(tasks, {"lenien"}), 2);
  EXPECT_THAT(errors, HasSubstr("expected the id of a task, got \"lenien\"; did you mean \"lenient\"?"));
}

}  // namespace
}  // namespace tellina::testing
