#include "host/study/study_progress.hpp"

#include <gmock/gmock.h>

#include "host/runtime/assertion.hpp"

namespace tellina::testing {
namespace {

using Effects = StudyProgress::Effects;

struct Word {
  std::string operator()(const StudyProgress::StartTask& start) { return "start " + std::to_string(start.number); }
  std::string operator()(const StudyProgress::RejoinTask&) { return "rejoin"; }
  std::string operator()(const StudyProgress::RefuseRequest& refuse) { return refuse.code + ": " + refuse.message; }
  std::string operator()(const StudyProgress::PrepareTask& next) { return "prepare " + std::to_string(next.number); }
  std::string operator()(const StudyProgress::SendState&) { return "send state"; }
  std::string operator()(const StudyProgress::RecordOutcome& record) {
    return "record " + std::string(to_string(record.outcome));
  }
};

/// The effects as words, so that a failed test shows them.
std::vector<std::string> words(const Effects& effects) {
  std::vector<std::string> all;
  for (const auto& effect : effects) {
    all.push_back(std::visit(
        [](const auto& done) -> std::string {
          if constexpr (requires { Word()(done); }) return Word()(done);
          return "an effect of steps";
        },
        effect));
  }
  return all;
}

class StudyProgressTest : public ::testing::Test {
 protected:
  StudyProgressTest() { study.tasks.resize(2); }

  std::vector<std::string> apply(const StudyProgress::Event& event) { return words(progress.apply(study, event)); }
  std::vector<std::string> start(int number) {
    TaskSessionRow row;
    row.id = 10 + number;
    row.task_number = number;
    row.position = number;
    return apply(StudyProgress::TaskStarted{row});
  }
  std::vector<std::string> end(TaskSessionState outcome) {
    return apply(StudyProgress::TaskEnded{outcome, std::chrono::seconds(7)});
  }

  Study study;
  StudyProgress progress{ParticipantProgress()};
};

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(StudyProgressTest, RunsTheTasksInOrder) {
  EXPECT_THAT(apply(StudyProgress::ClientArrived()), ElementsAre("prepare 1"));
  EXPECT_THAT(apply(StudyProgress::TaskRequested{1}), ElementsAre("start 1"));
  EXPECT_THAT(start(1), ElementsAre("send state"));
  EXPECT_THAT(end(TaskSessionState::passed), IsEmpty()) << "the sandbox is still there";
  EXPECT_THAT(apply(StudyProgress::TaskCleanedUp()), ElementsAre("send state", "prepare 2"));
  EXPECT_THAT(apply(StudyProgress::TaskRequested{2}), ElementsAre("start 2"));
  start(2);
  end(TaskSessionState::timed_out);
  EXPECT_THAT(apply(StudyProgress::TaskCleanedUp()), ElementsAre("record completed")) << "there is no third task";
  EXPECT_THAT(apply(StudyProgress::OutcomeRecorded()), ElementsAre("send state"));
  EXPECT_EQ(progress.position(study).outcome(), Outcome::completed);
  ASSERT_EQ(progress.values().outcomes.size(), 2U);
  EXPECT_EQ(progress.values().outcomes[0].state, TaskSessionState::passed);
  EXPECT_EQ(progress.values().outcomes[1].task_number, 2);
  EXPECT_EQ(progress.values().outcomes[1].state, TaskSessionState::timed_out);
  EXPECT_EQ(progress.values().latest->charged, std::chrono::seconds(7));
  EXPECT_EQ(progress.values().state_number, 5) << "one for each start, each end and the outcome";
}

TEST_F(StudyProgressTest, RefusesEveryTaskExceptTheCurrentOne) {
  EXPECT_THAT(apply(StudyProgress::TaskRequested{2}), ElementsAre("wrong_task: expected task 1, got 2"));
  start(1);
  EXPECT_THAT(apply(StudyProgress::TaskRequested{2}), ElementsAre("wrong_task: expected task 1, got 2"));
  end(TaskSessionState::gave_up);
  EXPECT_THAT(apply(StudyProgress::TaskRequested{1}), ElementsAre("wrong_task: expected task 2, got 1"));
  start(2);
  end(TaskSessionState::gave_up);
  for (const int number : {1, 2, 3}) {
    EXPECT_THAT(apply(StudyProgress::TaskRequested{number}), ElementsAre("no_task: all tasks have been done"));
  }
}

TEST_F(StudyProgressTest, ARunningTaskIsRejoinedAndNotPrepared) {
  start(1);
  EXPECT_THAT(apply(StudyProgress::TaskRequested{1}), ElementsAre("rejoin"));
  EXPECT_THAT(apply(StudyProgress::ClientArrived()), IsEmpty());
  EXPECT_EQ(progress.position(study).task_number(), 1);
}

TEST_F(StudyProgressTest, AChangeOfTheRunningTaskKeepsTheStateNumber) {
  start(1);
  TaskSessionRow row = *progress.values().latest;
  row.clock_stands = true;
  EXPECT_THAT(apply(StudyProgress::TaskChanged{row}), ElementsAre("send state"));
  EXPECT_TRUE(progress.values().latest->clock_stands);
  EXPECT_EQ(progress.values().state_number, 1);
}

TEST_F(StudyProgressTest, AnInterruptedTaskIsOverToo) {
  start(1);
  end(TaskSessionState::interrupted);
  EXPECT_THAT(apply(StudyProgress::TaskCleanedUp()), ElementsAre("send state", "prepare 2"));
}

TEST_F(StudyProgressTest, AStudyThatHasBecomeLongerContinues) {
  start(1);
  end(TaskSessionState::passed);
  start(2);
  end(TaskSessionState::passed);
  study.tasks.resize(3);
  EXPECT_THAT(apply(StudyProgress::ClientArrived()), ElementsAre("prepare 3"));
}

TEST_F(StudyProgressTest, EventsThatCannotHappenAreAssertionFailures) {
  EXPECT_THROW(end(TaskSessionState::passed), AssertionFailure);
  EXPECT_THROW(start(2), AssertionFailure) << "task 1 comes first";
  start(1);
  EXPECT_THROW(start(1), AssertionFailure);
  EXPECT_THROW(end(TaskSessionState::running), AssertionFailure);
  EXPECT_THROW(apply(StudyProgress::TaskCleanedUp()), AssertionFailure);
  TaskSessionRow other = *progress.values().latest;
  ++other.id;
  EXPECT_THROW(apply(StudyProgress::TaskChanged{other}), AssertionFailure);
}

}  // namespace
}  // namespace tellina::testing
