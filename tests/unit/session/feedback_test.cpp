#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// What the server sends about a check, for each feedback level.
class FeedbackTest : public SessionTest {
 protected:
  /// Keep `keep`, delete `secret_odd`, and make `goal_name`, which is there already, or not.
  void begin_files(Feedback feedback) {
    auto study = std::make_shared<Study>(*environment.study);
    study->tasks[0] = study->tasks[1];
    study->tasks[0].feedback = feedback;
    auto& wanted = study->tasks[0].filesystem_answer.root.children;
    wanted = {{"keep", FileNode::regular("")}, {"goal_name", FileNode::directory()}, {"wrong", FileNode::regular("x")}};
    wanted["goal_name"].children["inner"] = FileNode::regular("");
    environment.study = study;
    begin_task();
    backend.shell().home.root.children = {
        {"keep", FileNode::regular("")}, {"secret_odd", FileNode::regular("")}, {"wrong", FileNode::regular("y")}};
    backend.shell().run("true", "");
    loop.advance(std::chrono::seconds(5));
  }
  void begin_lines(Feedback feedback, const std::string& output) {
    auto study = std::make_shared<Study>(*environment.study);
    study->tasks[0].feedback = feedback;
    study->tasks[0].output_answer = "one\ntwo\nthree\n";
    environment.study = study;
    begin_task();
    backend.shell().run("print", output);
    loop.advance(std::chrono::seconds(5));
  }
  std::string check() const { return boost::json::serialize(port.last("progress")); }
};

TEST_F(FeedbackTest, NothingGoesToThePageUnderNoneAndPassed) {
  for (const Feedback feedback : {Feedback::none, Feedback::passed}) {
    port = KeepingPort();
    begin_files(feedback);
    EXPECT_EQ(port.count("progress"), 0) << to_string(feedback);
    port.forget();
    say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
    EXPECT_EQ(port.count("progress"), 0) << to_string(feedback);
    expect_stored("SELECT feedback FROM results ORDER BY task_session_id DESC LIMIT 1", to_string(feedback));
    session.reset();
    loop.run_until_idle();
    store->run([&](StoreTransaction& t) { t.reset_participant("bob", now()); });
  }
}

TEST_F(FeedbackTest, CountsNameNothing) {
  begin_files(Feedback::counts);
  EXPECT_EQ(check(), R"({"type":"progress","matched":1,"missing":2,"extra":1,"incorrect":1,"detail":[]})");
  port.forget();
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  EXPECT_EQ(check(), R"({"type":"progress","matched":1,"missing":2,"extra":1,"incorrect":1,"detail":[]})");
  expect_stored("SELECT feedback FROM results", "counts");
}

TEST_F(FeedbackTest, CountsLeaveOutAllowedLines) {
  begin_lines(Feedback::counts, "ls\r\none\r\ntwo\r\nmore\r\n");
  EXPECT_EQ(check(), R"({"type":"progress","matched":2,"missing":1,"extra":0,"incorrect":0,"detail":[]})");
}

TEST_F(FeedbackTest, CountsSayThatTheAnswerCameWithTooMuchElse) {
  std::string flood = "one\r\ntwo\r\nthree\r\n";
  for (int i = 0; i < 1000; ++i) flood += "x\r\n";
  begin_lines(Feedback::counts, flood);
  EXPECT_EQ(
      check(),
      R"({"type":"progress","matched":3,"missing":0,"extra":0,"incorrect":0,"too_much_output":true,"detail":[]})");
  expect_stored("SELECT state FROM results", "running");
  expect_stored("SELECT detail FROM event_log WHERE kind = 'check'",
                R"({"passed":false,"matched":3,"missing":0,"extra":1000,"incorrect":0,"too_much_output":true})");
}

TEST_F(FeedbackTest, TheTaskSetsHowMuchMayComeWithTheAnswer) {
  auto study = std::make_shared<Study>(*environment.study);
  study->tasks[0].max_extra_lines = 1;
  environment.study = study;
  begin_lines(Feedback::counts, "one\r\ntwo\r\nthree\r\nx\r\ny\r\n");
  expect_stored("SELECT state FROM results", "running");
  backend.shell().run("again", "one\r\ntwo\r\nthree\r\nx\r\n");
  loop.advance(std::chrono::seconds(5));
  expect_stored("SELECT state FROM results", "passed");
}

TEST_F(FeedbackTest, OwnNamesOnlyWhatTheParticipantHas) {
  begin_files(Feedback::own);
  EXPECT_THAT(check(), HasSubstr(R"({"path":"wrong","status":"incorrect","differs":["content"]})"));
  EXPECT_THAT(check(), HasSubstr(R"({"path":"secret_odd","status":"extra"})"));
  EXPECT_THAT(check(), Not(HasSubstr("goal_name")));
}

TEST_F(FeedbackTest, GoalNamesWhatIsMissingToo) {
  begin_files(Feedback::goal);
  EXPECT_THAT(check(), HasSubstr(R"({"path":"secret_odd","status":"extra"})"));
  EXPECT_THAT(check(),
              HasSubstr(R"({"path":"goal_name","status":"missing"},{"path":"goal_name/inner","status":"missing"})"));
}

TEST_F(FeedbackTest, GoalNamesTheMissingLinesAroundTheRightOnes) {
  begin_lines(Feedback::goal, "two\r\n");
  EXPECT_EQ(
      check(),
      R"({"type":"progress","matched":1,"missing":2,"extra":0,"incorrect":0,"detail":[)"
      R"({"line":"two","status":"matched"},{"line":"one","status":"missing"},{"line":"three","status":"missing"}]})");
}

TEST_F(FeedbackTest, GoalIsCompleteIfTheParticipantHasNothing) {
  begin_lines(Feedback::goal, "");
  EXPECT_EQ(
      boost::json::serialize(port.last("progress")["detail"]),
      R"([{"line":"one","status":"missing"},{"line":"two","status":"missing"},{"line":"three","status":"missing"}])");
}

}  // namespace
}  // namespace tellina::testing
