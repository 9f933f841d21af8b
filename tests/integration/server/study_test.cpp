#include "server_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Study : public ServerTest {};

TEST_F(Study, BothTasksOfTheExampleArePassedAndTheViewsMatch) {
  start(StudyConfig());
  TestClient bob = join_task();
  bob.type("echo hello world\r");
  const auto passed = bob.wait_for(
      "state", [](const auto& message) { return text_of(message.at("state").as_object(), "state") == "ready"; });
  EXPECT_EQ(text_of(passed.at("state").as_object(), "previous"), R"({"number":1,"state":"passed"})");
  EXPECT_EQ(passed.at("state").at("task").at("number").to_number<int>(), 2);
  bob.expect_all_acknowledged();
  expect_recorded(bob);
  EXPECT_THAT(bob.output(), HasSubstr("\ahello world\r\n"));

  bob.start_task(2);
  bob.expect_prompt();
  bob.type("touch dir1/dir2/hello.txt\r");
  const auto finished = bob.wait_for(
      "state", [](const auto& message) { return text_of(message.at("state").as_object(), "state") == "finished"; });
  EXPECT_EQ(text_of(finished.at("state").as_object(), "task"), "null");
  bob.expect_all_acknowledged();
  expect_recorded(bob, "bob", 2);

  EXPECT_THAT(
      database().rows("SELECT access_code, task_number, task_type, state FROM results"),
      ElementsAre(ElementsAre("bob", "1", "stdout", "passed"), ElementsAre("bob", "2", "filesystem", "passed")));
  EXPECT_THAT(database().rows("SELECT task_number, command_number, text, cwd, exit_status, output FROM commands"),
              ElementsAre(ElementsAre("1", "1", "echo hello world", "/home/me", "0", "hello world\n"),
                          ElementsAre("2", "1", "touch dir1/dir2/hello.txt", "/home/me", "0", "")));
  EXPECT_EQ(database().value("SELECT count(*) FROM gaps"), "0");
  EXPECT_EQ(database().value("SELECT count(*) FROM results WHERE time_spent_in_seconds <= 0 OR ended_at < started_at"),
            "0");
}

TEST_F(Study, WithoutItsBytesTheRecordStillHasTheCommands) {
  StudyConfig config;
  config.more = R"("recording": {"bytes": false}, )";
  start(config);
  TestClient bob = join_task();
  bob.type("echo hello world\r");
  bob.wait_for("state", [](const auto& message) {
    return text_of(message.at("state").as_object(), "previous") == R"({"number":1,"state":"passed"})";
  });
  bob.expect_all_acknowledged();
  stop();

  EXPECT_THAT(database().rows("SELECT task_number, text, exit_status, output FROM commands"),
              ElementsAre(ElementsAre("1", "echo hello world", "0", "hello world\n")));
  EXPECT_EQ(database().value("SELECT (SELECT count(*) FROM input_bytes) + (SELECT count(*) FROM output_bytes)"), "0");
  EXPECT_EQ(database().value("SELECT sum(to_offset - from_offset) FROM gaps WHERE stream = 'input' AND reason = "
                             "'not_recorded'"),
            std::to_string(std::string("echo hello world\r").size()));
}

TEST_F(Study, TypingTheAnswerWithoutRunningItPassesNothing) {
  start(StudyConfig());
  TestClient bob = join_task();
  bob.type("hello world");
  bob.expect("hello world");
  bob.type("\x15");  // Ctrl-U: deletes the line
  bob.type("sleep 2\r");
  bob.expect("\x1b]133;C");
  bob.type("hello world\r");
  bob.expect("hello world");
  bob.expect("\x1b]133;D");
  // The input typed during the sleep runs now: a command that does not exist.
  bob.expect("\x1b]133;D;127");
  bob.expect_prompt();
  EXPECT_EQ(bob.state(), "running");
  EXPECT_EQ(database().value("SELECT state FROM results"), "running");

  bob.type("echo hello world\r");
  bob.wait_for("state", [](const auto& message) {
    return text_of(message.at("state").as_object(), "previous") == R"({"number":1,"state":"passed"})";
  });
  bob.expect_all_acknowledged();
  expect_recorded(bob);
}

TEST_F(Study, EveryByteIsEchoedAndRecordedOnceAndInOrder) {
  start(StudyConfig());
  TestClient bob = join_task();
  bob.type("stty raw -echo; echo begin; cat\r");
  bob.expect("\x1b]133;C");
  bob.expect("begin");
  bob.expect("\n");
  bob.expect_all_acknowledged();
  const std::size_t output_before = bob.output().size();
  std::string bytes;
  for (int i = 0; i < 10'000; ++i) bytes += static_cast<char>(i % 256);
  for (const char byte : bytes) bob.type(std::string_view(&byte, 1));
  ASSERT_TRUE(
      bob.wait_until([&] { return bob.output().size() >= output_before + bytes.size(); }, std::chrono::seconds(60)))
      << bob.output().size() - output_before << " arrived";
  EXPECT_TRUE(bob.output().substr(output_before) == bytes);
  bob.expect_all_acknowledged();
  expect_recorded(bob);
}

}  // namespace
}  // namespace tellina::testing
