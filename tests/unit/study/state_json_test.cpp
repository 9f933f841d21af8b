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
    study.tasks[0].id = "first";
    study.tasks[1].id = "second";
    study.tasks[0].description = "Print \"hello\".";
    study.tasks[0].output_answer = "secret answer";
    study.tasks[1].type = TaskType::filesystem;
    study.tasks[1].title = "A file";
    study.tasks[1].description = "Make a file.";
    study.tasks[1].expected = "It is *empty*.";
    study.tasks[1].filesystem_answer.root.children["secret"] = FileNode::regular("answer");
    progress.state_number = 7;
  }
  void set_latest(int number, TaskSessionState state) {
    progress.latest.emplace();
    progress.latest->task_number = progress.latest->position = number;
    progress.latest->state = state;
  }
  /// An earlier task has ended.
  void add_outcome(int number, TaskSessionState state) {
    TaskOutcome& outcome = progress.outcomes.emplace_back();
    outcome.task_number = outcome.position = number;
    outcome.state = state;
  }
  boost::json::value state() const { return boost::json::parse(state_json(study, progress, MonotonicTime(100s))); }
  /// Without the fields that are the same in each of these tests.
  boost::json::value brief_state() const {
    boost::json::object brief = state().as_object();
    EXPECT_EQ(brief.at("study"),
              boost::json::parse(R"({"title": "Command-line study", "contact": "", "trial_run": false})"));
    EXPECT_EQ(brief.at("withdrawal"), "off");
    brief.erase("study");
    brief.erase("withdrawal");
    return brief;
  }

  Study study;
  ParticipantProgress progress;
};

TEST_F(StateJsonTest, BeforeTheFirstTask) {
  EXPECT_EQ(brief_state(),
            boost::json::parse(R"({"state": "ready", "state_number": 7, "previous": null, "outcomes": [], "task": {
      "number": 1, "total": 2, "title": "", "type": "stdout", "description": "", "expected": "",
      "feedback": "counts", "give_up": true, "give_up_in_seconds": 0, "start_over": true, "duration_in_seconds": 60,
      "time_left_in_seconds": null, "clock_stands": false, "terminal_replaced": false, "id": "first", "practice": false,
      "try": {"number": 1, "of": 1}, "solution_in_seconds": null, "treatment": null, "block": null, "hand_in": "automatic", "tries_left": null}})"));
}

TEST_F(StateJsonTest, WhileATaskRuns) {
  add_outcome(1, TaskSessionState::passed);
  set_latest(2, TaskSessionState::running);
  progress.latest->charged = 500ms;
  progress.latest->clock_stands = progress.latest->sandbox_replaced = true;
  EXPECT_EQ(brief_state(), boost::json::parse(R"({"state": "running", "state_number": 7, "previous": null,
      "outcomes": [{"number": 1, "state": "passed"}], "task": {
      "number": 2, "total": 2, "type": "filesystem", "description": "Make a file.", "title": "A file",
      "expected": "It is *empty*.", "feedback": "counts", "give_up": true, "give_up_in_seconds": 0, "start_over": true, "duration_in_seconds": 60,
      "time_left_in_seconds": 59.5, "clock_stands": true, "terminal_replaced": true, "id": "second", "practice": false,
      "try": {"number": 1, "of": 1}, "solution_in_seconds": null, "treatment": null, "block": null, "hand_in": "automatic", "tries_left": null}})"));
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

TEST_F(StateJsonTest, TheTextsAppearWhenTheTaskIsRevealed) {
  const auto texts = [&] {
    const boost::json::value task = state().at("task");
    return std::pair(std::string(task.at("description").as_string()), std::string(task.at("expected").as_string()));
  };
  set_latest(1, TaskSessionState::passed);
  add_outcome(1, TaskSessionState::passed);
  EXPECT_EQ(texts(), std::pair(std::string(), std::string()));
  study.tasks[1].reveal = Reveal::before_start;
  EXPECT_EQ(texts(), std::pair(std::string("Make a file."), std::string("It is *empty*.")));
  set_latest(2, TaskSessionState::running);
  for (const Reveal reveal : {Reveal::at_start, Reveal::before_start}) {
    study.tasks[1].reveal = reveal;
    EXPECT_EQ(texts(), std::pair(std::string("Make a file."), std::string("It is *empty*.")));
  }
}

TEST_F(StateJsonTest, ATaskMayHaveItsOwnDurationOrNone) {
  study.tasks[0].duration = 90s;
  EXPECT_EQ(state().at("task").at("duration_in_seconds"), boost::json::value(90));
  study.tasks[0].duration = untimed;
  EXPECT_TRUE(state().at("task").at("duration_in_seconds").is_null());
  set_latest(1, TaskSessionState::running);
  progress.latest->duration = untimed;
  progress.latest->charged = 100h;
  EXPECT_TRUE(state().at("task").at("duration_in_seconds").is_null());
  EXPECT_TRUE(state().at("task").at("time_left_in_seconds").is_null());
}

TEST_F(StateJsonTest, SaysWhatTheTaskOffers) {
  study.tasks[0].give_up_after = 20s;
  study.tasks[0].may_start_over = false;
  study.tasks[0].feedback = Feedback::own;
  EXPECT_EQ(state().at("task").at("give_up_in_seconds"), boost::json::value(20)) << "of the task's time";
  EXPECT_FALSE(state().at("task").at("start_over").as_bool());
  EXPECT_EQ(state().at("task").at("feedback").as_string(), "own");
  set_latest(1, TaskSessionState::running);
  progress.latest->charged = 5500ms;
  EXPECT_EQ(state().at("task").at("give_up_in_seconds"), boost::json::value(14.5));
  progress.latest->charged = 30s;
  EXPECT_EQ(state().at("task").at("give_up_in_seconds"), boost::json::value(0));
  study.tasks[0].give_up_after.reset();
  EXPECT_FALSE(state().at("task").at("give_up").as_bool());
  EXPECT_TRUE(state().at("task").at("give_up_in_seconds").is_null());
}

TEST_F(StateJsonTest, TimeLeftIsNeverNegative) {
  set_latest(1, TaskSessionState::running);
  progress.latest->charged = 61s;
  EXPECT_EQ(state().at("task").at("time_left_in_seconds"), boost::json::value(0));
}

TEST_F(StateJsonTest, BetweenTasks) {
  set_latest(1, TaskSessionState::timed_out);
  add_outcome(1, TaskSessionState::timed_out);
  EXPECT_EQ(state().at("state").as_string(), "ready");
  EXPECT_EQ(state().at("task").at("number"), boost::json::value(2));
  EXPECT_EQ(state().at("previous"), boost::json::parse(R"({"number": 1, "state": "timed_out"})"));
}

TEST_F(StateJsonTest, AfterTheLastTask) {
  set_latest(2, TaskSessionState::passed);
  add_outcome(1, TaskSessionState::timed_out);
  add_outcome(2, TaskSessionState::passed);
  EXPECT_EQ(brief_state(), boost::json::parse(
                               R"({"state": "finished", "state_number": 7, "task": null,
                             "previous": {"number": 2, "state": "passed"},
                             "outcomes": [{"number": 1, "state": "timed_out"}, {"number": 2, "state": "passed"}],
                             "outcome": null, "text": "", "code": "", "redirect": ""})"));
}

TEST_F(StateJsonTest, TheEndShowsTheCodeOnceTheOutcomeIsRecorded) {
  study.tasks.clear();
  Completion& completion = study.design.completion[Outcome::completed];
  completion.text = "Thank you!";
  completion.has_own_code = true;
  completion.redirect = "https://example.org/?cc={code}&again={code}";
  EXPECT_EQ(state().at("code"), "");
  EXPECT_EQ(state().at("redirect"), "");
  progress.flow.outcome = Outcome::completed;
  progress.flow.completion_code = "A B";
  EXPECT_EQ(state().at("outcome"), "completed");
  EXPECT_EQ(state().at("text"), "Thank you!");
  EXPECT_EQ(state().at("code"), "A B");
  EXPECT_EQ(state().at("redirect"), "https://example.org/?cc=A%20B&again=A%20B");
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
      EXPECT_THAT(state_json(study, progress, MonotonicTime()), ::testing::Not(::testing::HasSubstr("secret")));
    }
  }
}

TEST_F(StateJsonTest, AcceptsFractionsOfASecond) {
  study.task_duration = 1500ms;
  EXPECT_EQ(state().at("task").at("duration_in_seconds"), boost::json::value(1.5));
}

}  // namespace
}  // namespace tellina::testing
