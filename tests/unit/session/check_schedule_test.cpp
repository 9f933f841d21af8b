#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Progress without any terminal output. The tasks have 60 s; the filesystem task requires an empty file `a`.
class CheckScheduleTest : public SessionTest {
 protected:
  void change_tasks(const std::function<void(Study&)>& change) {
    auto study = std::make_shared<Study>(*environment.study);
    change(*study);
    environment.study = study;
  }
  void begin_filesystem_task(std::optional<seconds> interval = {}) {
    change_tasks([&](Study& study) {
      study.tasks[0] = study.tasks[1];
      if (interval) study.tasks[0].check_interval = *interval;
    });
    begin_task();
    settle();
  }
  /// Waits until the check after the first prompt is done.
  void settle() {
    loop.advance(seconds(10));
    snapshots_before = backend.shell().snapshots;
    asked_before = backend.shell().asked_for_activity;
  }
  int snapshots() { return backend.shell().snapshots - snapshots_before; }
  int asked() { return backend.shell().asked_for_activity - asked_before; }

  /// Acts like a background job that creates the file and prints nothing.
  void solve() {
    ++backend.shell().activity.stamp;
    backend.shell().home.root.children["a"] = FileNode::regular("");
  }
  std::string outcome() {
    const boost::json::object state = port.last("state")["state"].as_object();
    if (!state.at("previous").is_object()) return "none";
    return std::string(state.at("previous").as_object().at("state").as_string());
  }

  int snapshots_before = 0;
  int asked_before = 0;
};

TEST_F(CheckScheduleTest, ASilentJobPassesTheTaskWithinTwoSeconds) {
  begin_filesystem_task();
  type(0, "(sleep 3; touch a) &\r");
  backend.shell().activity.shell_is_alone = false;
  loop.advance(milliseconds(3100));
  EXPECT_EQ(outcome(), "none");
  solve();
  backend.shell().activity.shell_is_alone = true;
  loop.advance(seconds(2));
  ASSERT_TRUE(wait_for("state", 2));
  EXPECT_EQ(outcome(), "passed");
}

TEST_F(CheckScheduleTest, AHomeThatCannotBeReadIsReportedOnceAMinute) {
  change_tasks([](Study& study) { study.task_duration = hours(2); });
  begin_filesystem_task();
  const std::size_t lines_before = log.lines().size();
  backend.shell().fails_to_snapshot = true;
  type(0, "x");
  for (int second = 0; second < 90; ++second) {
    ++backend.shell().activity.stamp;
    loop.advance(seconds(1));
  }
  EXPECT_GT(snapshots(), 10);
  const std::vector<std::string> lines = log.lines();
  ASSERT_EQ(lines.size() - lines_before, 2U);
  EXPECT_EQ(lines[lines_before], "cannot check the home directory: read the home: no answer in time");
  EXPECT_THAT(lines.back(), ::testing::ContainsRegex(" \\(and [0-9]+ more like this before\\)$"));
}

TEST_F(CheckScheduleTest, AnIdleSandboxIsNotChecked) {
  change_tasks([](Study& study) { study.task_duration = hours(2); });
  begin_filesystem_task();
  loop.advance(hours(1));
  EXPECT_EQ(snapshots(), 0);
  EXPECT_EQ(asked(), 0);
}

TEST_F(CheckScheduleTest, AKeyWakesTheScheduleWhileAProcessRuns) {
  begin_filesystem_task();
  type(0, "x");
  loop.advance(seconds(2));
  EXPECT_EQ(asked(), 1);
  EXPECT_EQ(snapshots(), 0) << "nothing has run since the last check";
  loop.advance(seconds(20));
  EXPECT_EQ(asked(), 1);
}

TEST_F(CheckScheduleTest, AJobThatSleepsCostsNoSnapshots) {
  begin_filesystem_task();
  type(0, "sleep 1000 &\r");
  backend.shell().activity.shell_is_alone = false;
  ++backend.shell().activity.stamp;
  loop.advance(seconds(30));
  EXPECT_EQ(asked(), 15);
  EXPECT_EQ(snapshots(), 1);
}

TEST_F(CheckScheduleTest, AShellBuiltinIsWatched) {
  begin_filesystem_task();
  backend.shell().begin("read -t 20; > a");
  loop.advance(seconds(20));
  EXPECT_EQ(asked(), 10) << "the shell is alone, and a command runs";
  solve();
  loop.advance(seconds(2));
  ASSERT_TRUE(wait_for("state", 2));
  EXPECT_EQ(outcome(), "passed");
}

TEST_F(CheckScheduleTest, WithoutKnownActivityTheHomeIsCheckedEveryTwoSeconds) {
  begin_filesystem_task();
  backend.shell().activity = Activity();
  type(0, "x");
  loop.advance(seconds(20));
  EXPECT_EQ(snapshots(), 10);
  expect_stored("SELECT count(*) FROM recorded_checks", "1");
}

TEST_F(CheckScheduleTest, TheTaskSetsTheInterval) {
  begin_filesystem_task(seconds(7));
  backend.shell().activity = Activity();
  type(0, "x");
  loop.advance(seconds(21));
  EXPECT_EQ(snapshots(), 3);
}

TEST_F(CheckScheduleTest, ASolvedTaskIsPassedAtTheDeadline) {
  begin_filesystem_task(seconds(0));
  loop.advance(seconds(49));
  solve();
  EXPECT_EQ(snapshots(), 0);
  loop.advance(seconds(1));
  ASSERT_TRUE(wait_for("state", 2));
  EXPECT_EQ(outcome(), "passed");
  EXPECT_EQ(stored("SELECT charged_before_ns FROM task_sessions"), "60000000000");
}

TEST_F(CheckScheduleTest, TheLastCheckHasAGraceOf300Milliseconds) {
  begin_filesystem_task(seconds(0));
  pool.time_of_calls = milliseconds(299);
  loop.advance(seconds(49));
  solve();
  loop.advance(milliseconds(1298));
  EXPECT_EQ(port.count("state"), 1);
  loop.advance(milliseconds(1));
  ASSERT_TRUE(wait_for("state", 2));
  EXPECT_EQ(outcome(), "passed");
}

TEST_F(CheckScheduleTest, ACheckThatTakesLongerThanTheGraceIsTooLate) {
  begin_filesystem_task(seconds(0));
  pool.time_of_calls = milliseconds(301);
  loop.advance(seconds(49));
  solve();
  loop.advance(milliseconds(1299));
  EXPECT_EQ(port.count("state"), 1);
  loop.advance(milliseconds(1));
  ASSERT_TRUE(wait_for("state", 2));
  EXPECT_EQ(outcome(), "timed_out");
}

TEST_F(CheckScheduleTest, ACheckThatBeganBeforeTheDeadlineIsNotTheLastOne) {
  begin_filesystem_task(seconds(0));
  pool.time_of_calls = milliseconds(100);
  loop.advance(milliseconds(48'900));
  backend.shell().print("a line\r\n");
  loop.advance(milliseconds(1000));
  EXPECT_EQ(snapshots(), 0) << "a check is under way, and sees the files as they were when it began";
  loop.advance(milliseconds(100));
  EXPECT_EQ(snapshots(), 1);
  solve();
  loop.advance(milliseconds(100));
  ASSERT_TRUE(wait_for("state", 2));
  EXPECT_EQ(outcome(), "passed");
}

TEST_F(CheckScheduleTest, ChecksTakeATenthOfTheTimeAtMost) {
  begin_filesystem_task(seconds(0));
  pool.time_of_calls = milliseconds(100);
  for (int command = 0; command < 1000; ++command) {
    backend.shell().run("x", "");
    loop.advance(milliseconds(10));
  }
  EXPECT_GE(snapshots(), 9);
  EXPECT_LE(snapshots(), 11) << "10 s have passed, and a check takes 100 ms";
  solve();
  backend.shell().run("touch a", "");
  loop.advance(milliseconds(1200));
  ASSERT_TRUE(wait_for("state", 2)) << "what was requested during the rest is done after it";
  EXPECT_EQ(outcome(), "passed");
}

TEST_F(CheckScheduleTest, TheRestAfterASlowCheckHasALimit) {
  begin_filesystem_task(seconds(0));
  pool.time_of_calls = seconds(3);
  backend.shell().run("x", "");
  loop.advance(seconds(3));
  EXPECT_EQ(snapshots(), 1);
  backend.shell().run("x", "");
  loop.advance(limits::longest_check_pause);
  EXPECT_EQ(snapshots(), 1);
  loop.advance(seconds(3));
  EXPECT_EQ(snapshots(), 2);
}

TEST_F(CheckScheduleTest, TheLastCheckDoesNotWaitForTheRest) {
  begin_filesystem_task(seconds(0));
  pool.time_of_calls = milliseconds(200);
  backend.shell().run("x", "");
  loop.advance(milliseconds(200));
  solve();
  session->on_text(port, R"({"type":"give_up","id":7})");
  loop.advance(milliseconds(200));
  ASSERT_TRUE(wait_for("done"));
  EXPECT_EQ(outcome(), "passed");
}

TEST_F(CheckScheduleTest, ALastCheckThatWaitedForAnotherDoesNotWaitForItsRest) {
  begin_filesystem_task(seconds(0));
  pool.time_of_calls = milliseconds(100);
  backend.shell().run("x", "");
  loop.advance(milliseconds(50));
  solve();
  session->on_text(port, R"({"type":"give_up","id":7})");
  loop.advance(milliseconds(150));
  ASSERT_TRUE(wait_for("done"));
  EXPECT_EQ(outcome(), "passed");
}

TEST_F(CheckScheduleTest, GivingUpASolvedTaskPassesIt) {
  begin_filesystem_task();
  solve();
  say(R"({"type":"give_up","id":7})");
  ASSERT_TRUE(wait_for("done"));
  EXPECT_EQ(port.last("done")["id"].to_number<int>(), 7);
  EXPECT_EQ(outcome(), "passed");
  say(R"({"type":"give_up","id":7})");
  EXPECT_EQ(port.count("done"), 2);
  EXPECT_EQ(stored("SELECT group_concat(state) FROM task_sessions"), "passed");
}

TEST_F(CheckScheduleTest, AGiveUpThatCannotBeCheckedInTimeCounts) {
  begin_filesystem_task();
  pool.time_of_calls = seconds(2);
  solve();
  say(R"({"type":"give_up","id":7})");
  say(R"({"type":"give_up","id":7})");
  loop.advance(milliseconds(299));
  EXPECT_EQ(port.count("done"), 0);
  loop.advance(milliseconds(1));
  ASSERT_TRUE(wait_for("done"));
  EXPECT_EQ(outcome(), "gave_up");
}

TEST_F(CheckScheduleTest, AGiveUpJustBeforeTheDeadlineStillCounts) {
  begin_filesystem_task(seconds(0));
  pool.time_of_calls = seconds(2);
  loop.advance(milliseconds(49'900));
  say(R"({"type":"give_up","id":7})");
  loop.advance(milliseconds(300));
  ASSERT_TRUE(wait_for("done"));
  EXPECT_EQ(outcome(), "gave_up");
}

TEST_F(CheckScheduleTest, AResetDuringTheLastCheckEndsIt) {
  begin_filesystem_task(seconds(0));
  pool.time_of_calls = seconds(2);
  session->on_text(port, R"({"type":"reset","id":1})");
  session->on_text(port, R"({"type":"give_up","id":2})");
  loop.advance(milliseconds(300));
  ASSERT_TRUE(wait_for("done"));
  ASSERT_TRUE(wait([&] { return outcome() == "gave_up"; }));
}

TEST_F(CheckScheduleTest, ACommandThatContinuesAfterTheAnswerPassesTheTask) {
  begin_task();
  settle();
  backend.shell().begin("echo hello");
  backend.shell().print("hello\r\n");
  loop.advance(milliseconds(199));
  EXPECT_EQ(port.count("progress"), 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(port.count("progress"), 1);
  loop.advance(milliseconds(999));
  EXPECT_EQ(outcome(), "none") << "the command may still report its status";
  loop.advance(milliseconds(1));
  ASSERT_TRUE(wait_for("state", 2));
  EXPECT_EQ(outcome(), "passed");
  EXPECT_EQ(port.count("progress"), 1);
  expect_stored("SELECT charged_before_ns FROM task_sessions", "10200000000");
  expect_stored("SELECT text || coalesce(exit_status, '-') || ended_by FROM commands", "echo hello-task_end");
}

TEST_F(CheckScheduleTest, ACommandThatEndsSoonAfterTheAnswerHasItsStatusInTheRecord) {
  begin_task();
  settle();
  backend.shell().begin("echo hello; sleep 1; (exit 3)");
  backend.shell().print("hello\r\n");
  loop.advance(milliseconds(1000));
  EXPECT_EQ(outcome(), "none");
  backend.shell().end(3);
  ASSERT_TRUE(wait_for("state", 2));
  EXPECT_EQ(outcome(), "passed");
  expect_stored("SELECT charged_before_ns FROM task_sessions", "10200000000");
  expect_stored("SELECT exit_status || ended_by FROM commands", "3exit");
}

TEST_F(CheckScheduleTest, ACommandThatSolvesAFilesystemTaskAndEndsSoonHasItsStatusInTheRecord) {
  begin_filesystem_task();
  backend.shell().begin("touch a; sleep 2; false");
  solve();
  const auto before = port.count("progress");
  for (int step = 0; step < 30 && port.count("progress") == before; ++step) loop.advance(milliseconds(100));
  loop.advance(milliseconds(800));
  EXPECT_EQ(outcome(), "none");
  backend.shell().end(1);
  ASSERT_TRUE(wait_for("state", 2));
  EXPECT_EQ(outcome(), "passed");
  expect_stored("SELECT exit_status || ended_by FROM commands", "1exit");
}

TEST_F(CheckScheduleTest, ACommandThatSolvesAFilesystemTaskAndContinuesIsNotAwaitedForLong) {
  begin_filesystem_task();
  backend.shell().begin("touch a; sleep 1000");
  solve();
  loop.advance(seconds(3));
  ASSERT_TRUE(wait_for("state", 2));
  EXPECT_EQ(outcome(), "passed");
}

TEST_F(CheckScheduleTest, AnInnerShellIsNotAwaited) {
  begin_filesystem_task();
  backend.shell().begin("bash");
  backend.shell().prompt();
  solve();
  loop.advance(seconds(2));
  ASSERT_TRUE(wait_for("state", 2)) << "its prompt was there when the task was passed";
  EXPECT_EQ(outcome(), "passed");
}

TEST_F(CheckScheduleTest, OutputThatDoesNotPassIsJudgedWhenItsCommandEnds) {
  begin_task();
  settle();
  backend.shell().begin("cat");
  backend.shell().print("hell\r\nhello");  // the second line may become another one
  loop.advance(seconds(10));
  EXPECT_EQ(port.count("progress"), 0);
  say(R"({"type":"give_up","id":7})");
  ASSERT_TRUE(wait_for("done"));
  EXPECT_EQ(outcome(), "gave_up");
}

TEST_F(CheckScheduleTest, InputToARunningCommandPassesNothing) {
  begin_task();
  settle();
  backend.shell().begin("cat");
  loop.run_until_idle();
  type(0, "cat\rhello\r");
  backend.shell().print("hello\r\nhello\r\n");
  loop.advance(seconds(10));
  EXPECT_EQ(port.count("progress"), 0);
  EXPECT_EQ(outcome(), "none");
}

TEST_F(CheckScheduleTest, AnAnswerOfARunningCommandCountsAtTheDeadline) {
  change_tasks([](Study& study) { study.tasks[0].check_interval = seconds(0); });
  begin_task();
  settle();
  backend.shell().begin("sleep 50; echo hello; sleep 1000");
  loop.advance(milliseconds(49'900));
  backend.shell().print("hello\r\n");
  loop.advance(milliseconds(99));
  EXPECT_EQ(outcome(), "none");
  loop.advance(milliseconds(1));
  ASSERT_TRUE(wait_for("state", 2));
  EXPECT_EQ(outcome(), "passed");
}

}  // namespace
}  // namespace tellina::testing
