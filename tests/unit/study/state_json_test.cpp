#include "host/study/state_json.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>

namespace tellina::testing {
namespace {

using namespace std::chrono_literals;

class StateJsonTest : public ::testing::Test {
 protected:
  StateJsonTest() {
    study.task_duration = 60s;
    study.tasks.resize(2);
    study.tasks[0].description = "Print \"hello\".";
    study.tasks[0].output_answer = "secret answer";
    study.tasks[1].type = TaskType::filesystem;
    study.tasks[1].description = "Make a file.";
    study.tasks[1].filesystem_answer.root.children["secret"] = FileNode::regular("answer");
    progress.state_number = 7;
  }
  void set_latest(int number, TaskSessionState state) {
    progress.latest.emplace();
    progress.latest->task_number = number;
    progress.latest->state = state;
  }
  boost::json::value state() const { return boost::json::parse(state_json(study, progress)); }

  Study study;
  ParticipantProgress progress;
};

TEST_F(StateJsonTest, BeforeTheFirstTask) {
  EXPECT_EQ(current_task_number(progress), 1);
  EXPECT_EQ(state(),
            boost::json::parse(R"({"state": "ready", "state_number": 7, "previous": null, "outcomes": [], "task": {
      "number": 1, "total": 2, "type": "stdout", "description": "Print \"hello\".", "duration_in_seconds": 60,
      "time_left_in_seconds": null, "clock_stands": false, "terminal_replaced": false,
      "hand_in": "automatic", "tries_left": null}})"));
}

TEST_F(StateJsonTest, WhileATaskRuns) {
  set_latest(2, TaskSessionState::running);
  progress.latest->charged = 500ms;
  progress.latest->clock_stands = progress.latest->sandbox_replaced = true;
  EXPECT_EQ(current_task_number(progress), 2);
  EXPECT_EQ(state(),
            boost::json::parse(R"({"state": "running", "state_number": 7, "previous": null, "outcomes": [], "task": {
      "number": 2, "total": 2, "type": "filesystem", "description": "Make a file.", "duration_in_seconds": 60,
      "time_left_in_seconds": 59.5, "clock_stands": true, "terminal_replaced": true,
      "hand_in": "automatic", "tries_left": null}})"));
}

TEST_F(StateJsonTest, ARunningTaskKeepsItsDurationAfterTheStudysChanges) {
  set_latest(1, TaskSessionState::running);
  progress.latest->charged = 10s;
  for (const auto duration : {45s, 90s}) {
    progress.latest->duration = duration;
    EXPECT_EQ(state().at("task").at("duration_in_seconds"), boost::json::value(duration.count()));
    EXPECT_EQ(state().at("task").at("time_left_in_seconds"), boost::json::value((duration - 10s).count()));
  }
}

TEST_F(StateJsonTest, TimeLeftIsNeverNegative) {
  set_latest(1, TaskSessionState::running);
  progress.latest->charged = 61s;
  EXPECT_EQ(state().at("task").at("time_left_in_seconds"), boost::json::value(0));
}

TEST_F(StateJsonTest, BetweenTasks) {
  set_latest(1, TaskSessionState::timed_out);
  EXPECT_EQ(current_task_number(progress), 2);
  EXPECT_EQ(state().at("state").as_string(), "ready");
  EXPECT_EQ(state().at("task").at("number"), boost::json::value(2));
  EXPECT_EQ(state().at("previous"), boost::json::parse(R"({"number": 1, "state": "timed_out"})"));
}

TEST_F(StateJsonTest, AfterTheLastTask) {
  set_latest(2, TaskSessionState::passed);
  progress.outcomes = {TaskOutcome(1, TaskSessionState::timed_out), TaskOutcome(2, TaskSessionState::passed)};
  EXPECT_EQ(current_task_number(progress), 3);
  EXPECT_EQ(state(), boost::json::parse(
                         R"({"state": "finished", "state_number": 7, "task": null,
                             "previous": {"number": 2, "state": "passed"},
                             "outcomes": [{"number": 1, "state": "timed_out"}, {"number": 2, "state": "passed"}]})"));
}

TEST_F(StateJsonTest, AStudyWithoutTasksIsFinished) {
  study.tasks.clear();
  EXPECT_EQ(state().at("state").as_string(), "finished");
  EXPECT_TRUE(state().at("task").is_null());
  EXPECT_TRUE(state().at("previous").is_null());
}

TEST_F(StateJsonTest, NeverHoldsAnAnswer) {
  for (const int number : {1, 2}) {
    for (const TaskSessionState running_or_not :
         {TaskSessionState::running, TaskSessionState::gave_up, TaskSessionState::passed}) {
      set_latest(number, running_or_not);
      EXPECT_THAT(state_json(study, progress), ::testing::Not(::testing::HasSubstr("secret")));
    }
  }
}

TEST_F(StateJsonTest, AcceptsFractionsOfASecond) {
  study.task_duration = 1500ms;
  EXPECT_EQ(state().at("task").at("duration_in_seconds"), boost::json::value(1.5));
}

}  // namespace
}  // namespace tellina::testing
