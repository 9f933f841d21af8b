#include "host/config/guessable_answer.hpp"

#include <gmock/gmock.h>

#include "host/limits.hpp"
#include "unit/config/fixture.hpp"

namespace tellina {
namespace {

std::int64_t guesses(const Bytes& answer, std::int64_t max_extra_lines = 0, OutputMatch match = OutputMatch::lines) {
  Task task;
  task.output_answer = answer;
  task.max_extra_lines = max_extra_lines;
  task.output_match = match;
  return guesses_of_answer(task).value_or(-1);
}

TEST(GuessableAnswer, ANumberNeedsAsManyCommandsAsItHasOutputs) {
  EXPECT_EQ(guesses("42"), 43);
  EXPECT_EQ(guesses("42\n"), 43);
  EXPECT_EQ(guesses("0"), 1);
  EXPECT_EQ(guesses("042"), 43);
  EXPECT_EQ(guesses("+42"), 86) << "with a sign there are twice as many";
  EXPECT_EQ(guesses("-42"), 86);
  EXPECT_EQ(guesses("12.5"), 126);
  EXPECT_EQ(guesses("42", 42), 1);
  EXPECT_EQ(guesses("42", 41), 2);
  EXPECT_EQ(guesses("9999", 100), 100);
  EXPECT_EQ(guesses("999999999999", limits::extra_lines), 1'000'000);
  EXPECT_EQ(guesses("17780", 0, OutputMatch::contains), 539) << "33 numbers fit into one counted line";
}

TEST(GuessableAnswer, OtherAnswersAreNoNumbers) {
  for (const char* answer : {"a", "4 2", "1\n2\n", "1e3", "1.2.3", "12.", ".5", "-", "9999999999999", "42\n\n", "0x10"})
    EXPECT_EQ(guesses(answer), -1) << answer;
  Task files;
  files.type = TaskType::filesystem;
  files.output_answer = "42";
  EXPECT_EQ(guesses_of_answer(files), std::nullopt);
}

TEST(GuessableAnswer, TheStudyNamesEachWithItsPlace) {
  const HostConfig config = parse_host_config(R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [
{"type": "stdout", "description": "d", "answer": "a 7"},
{"type": "stdout", "description": "d", "answer": "7"},
{"type": "stdout", "description": "d", "answer": "70000"},
{"type": "stdout", "description": "d", "answer": "7", "max_extra_lines": 0}]})",
                                              "config.json", FakePlugins());
  EXPECT_THAT(
      guessable_answers(*config.study),
      ::testing::ElementsAre(
          "config.json:3:50: tasks[1].answer: expected an answer that printing numbers does not find, got \"7\": 1 "
          "command such as `seq` passes the task without work; ask for words beside the number, or lower "
          "max_extra_lines",
          "config.json:5:50: tasks[3].answer: expected an answer that printing numbers does not find, got \"7\": 8 "
          "commands such as `seq` pass the task without work; ask for words beside the number"));
}

}  // namespace
}  // namespace tellina
