#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using namespace std::chrono_literals;

/// Keys of a task that change what the session does.
class TaskKeysTest : public SessionTest {
 protected:
  void use(const std::function<void(Task&)>& change) {
    auto study = std::make_shared<Study>(*environment.study);
    change(study->tasks[0]);
    environment.study = study;
  }
  boost::json::object error() const { return port.last("error"); }
};

TEST_F(TaskKeysTest, ATaskWithoutGiveUpRefusesIt) {
  use([](Task& task) { task.give_up_after.reset(); });
  begin_task();
  EXPECT_FALSE(task_of("welcome").at("give_up").as_bool());
  EXPECT_TRUE(task_of("welcome").at("give_up_in_seconds").is_null());
  say(R"({"type":"give_up","id":5,"task":1})");
  EXPECT_EQ(error().at("code"), "not_offered");
  EXPECT_EQ(error().at("id"), boost::json::value(5));
  EXPECT_FALSE(error().contains("seconds_left"));
  EXPECT_EQ(port.count("done"), 0);
  loop.advance(59s);
  expect_stored("SELECT state FROM results", "running");
}

TEST_F(TaskKeysTest, AGiveUpMayHaveToWait) {
  use([](Task& task) { task.give_up_after = 20s; });
  begin_task();
  EXPECT_TRUE(task_of("welcome").at("give_up").as_bool());
  loop.advance(5500ms);
  say(R"({"type":"give_up","id":5,"task":1})");
  EXPECT_EQ(error().at("code"), "too_early");
  EXPECT_EQ(error().at("id"), boost::json::value(5));
  EXPECT_NEAR(error().at("seconds_left").to_number<double>(), 14.5, 1);
  EXPECT_EQ(port.count("done"), 0);
  loop.advance(15s);
  say(R"({"type":"give_up","id":5,"task":1})");
  EXPECT_TRUE(wait_for("done"));
  expect_stored("SELECT state FROM results", "gave_up");
}

TEST_F(TaskKeysTest, ATaskWithoutStartingOverRefusesAReset) {
  use([](Task& task) { task.may_start_over = false; });
  begin_task();
  EXPECT_FALSE(task_of("welcome").at("start_over").as_bool());
  const std::string sandbox(port.last("welcome").at("sandbox").as_string());
  say(R"({"type":"reset","id":6,"task":1})");
  EXPECT_EQ(error().at("code"), "not_offered");
  EXPECT_EQ(error().at("id"), boost::json::value(6));
  EXPECT_EQ(port.count("done"), 0);
  port.forget();
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  EXPECT_EQ(std::string(port.last("welcome").at("sandbox").as_string()), sandbox);
}

TEST_F(TaskKeysTest, ATaskHasItsOwnDuration) {
  use([](Task& task) { task.duration = 90s; });
  begin_task();
  EXPECT_EQ(task_of("welcome").at("duration_in_seconds"), boost::json::value(90));
  loop.advance(80s);
  expect_stored("SELECT state FROM results", "running");
  loop.advance(12s);
  expect_stored("SELECT state FROM results", "timed_out");
  EXPECT_TRUE(wait([&] { return task_of("state").at("number") == boost::json::value(2); }));
  EXPECT_EQ(task_of("state").at("duration_in_seconds"), boost::json::value(60)) << "the next has the study's";
}

TEST_F(TaskKeysTest, AnUntimedTaskRunsUntilItIsSolvedOrGivenUp) {
  use([](Task& task) { task.duration = untimed; });
  begin_task();
  EXPECT_TRUE(task_of("welcome").at("duration_in_seconds").is_null());
  EXPECT_TRUE(task_of("welcome").at("time_left_in_seconds").is_null());
  loop.advance(5h);
  expect_stored("SELECT state FROM results", "running");
  expect_stored("SELECT duration_in_seconds FROM results", "Inf");
  restart();
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  ASSERT_TRUE(wait_for("welcome"));
  EXPECT_TRUE(task_of("welcome").at("duration_in_seconds").is_null());
  loop.advance(1h);
  say(R"({"type":"give_up","id":5,"task":1})");
  EXPECT_TRUE(wait_for("done"));
  expect_stored("SELECT state, time_spent_in_seconds > 3600 * 5 FROM results", "gave_up|1");
}

TEST_F(TaskKeysTest, TheClockOfAnUntimedTaskContinuesAfterAFault) {
  use([](Task& task) { task.duration = untimed; });
  break_for_good();
  backend.is_unavailable = false;
  say(R"({"type":"reset","id":7,"task":1})");
  ASSERT_TRUE(wait_for("done"));
  EXPECT_FALSE(task_of("state").at("clock_stands").as_bool());
  loop.advance(2 * limits::sandbox_outage);
  expect_stored("SELECT state FROM results", "running");
}

TEST_F(TaskKeysTest, TheDescriptionIsSentWhenTheTaskStarts) {
  use([](Task& task) { task.expected = "A line."; });
  open();
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  EXPECT_EQ(task_of("welcome").at("description"), "");
  EXPECT_EQ(task_of("welcome").at("expected"), "");
  for (const std::string& text : port.texts) EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("say hello")));
  start_task(1);
  EXPECT_EQ(task_of("welcome").at("description"), "say hello");
  EXPECT_EQ(task_of("welcome").at("expected"), "A line.");
}

}  // namespace
}  // namespace tellina::testing
