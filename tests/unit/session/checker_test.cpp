#include <poll.h>

#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

RunResult ended(int status, const std::string& output = "", const std::string& errors = "") {
  RunResult result;
  result.end = ExitStatus(false, status);
  result.output = output;
  result.errors = errors;
  return result;
}

/// A task whose program passes once the home has a file `a`, and a task of the same kind after it.
class CheckerTest : public SessionTest {
 protected:
  CheckerTest() {
    backend.during_run = [this](const RunSpec& spec) {
      if (answer) return *answer;
      return ended(spec.home.root.children.contains("a") ? 0 : 1, R"({"matched": 0, "missing": 1, "score": 0.25})");
    };
  }
  void use(HandIn hand_in, CheckerRuns when = CheckerRuns::each_command, int tries = 1,
           Feedback feedback = Feedback::counts) {
    auto study = std::make_shared<Study>(*environment.study);
    Task task;
    task.id = "task";
    task.type = TaskType::command;
    task.hand_in = hand_in;
    task.tries = tries;
    task.feedback = feedback;
    task.checker.when = when;
    task.checker.arguments = {"bash", "/check/check.sh"};
    task.checker.folder.root.children["check.sh"] = FileNode::regular("...");
    study->tasks = {task, task};
    environment.study = study;
  }
  void solve() { backend.shell().home.root.children["a"] = FileNode::regular("solved"); }
  void run(const std::string& command, const std::string& output = "") {
    backend.shell().run(command, output);
    loop.advance(seconds(11));  // the rest after a check
  }
  void submit(int id = 50, int task = 1) {
    say("{\"type\":\"submit\",\"id\":" + std::to_string(id) + ",\"task\":" + std::to_string(task) + "}");
    loop.run_until_idle();
  }
  std::string outcome() {
    const boost::json::object state = port.last("state")["state"].as_object();
    if (!state.at("previous").is_object()) return "none";
    return std::string(state.at("previous").as_object().at("state").as_string());
  }
  std::string events(const std::string& kind) {
    return stored("SELECT coalesce(group_concat(detail, ' '), '') FROM event_log WHERE kind = '" + kind + "'");
  }

  void expect_outcome(const std::string& state) {
    EXPECT_TRUE(wait([&] { return outcome() == state; })) << outcome() << ", expected " << state;
  }
  /// `text`: in the details of the events of this kind.
  void expect_event(const std::string& kind, const std::string& text) {
    EXPECT_TRUE(wait([&] { return events(kind).find(text) != std::string::npos; }))
        << events(kind) << "\nexpected " << text;
  }

  std::optional<RunResult> answer{};  ///< of the program, whatever the home has
};

TEST_F(CheckerTest, ACommandStartsTheProgramOnACopyOfTheHome) {
  use(HandIn::automatic);
  begin_task();
  loop.advance(seconds(11));
  EXPECT_TRUE(backend.ran.empty()) << "no command has ended";
  backend.shell().home.root.children["notes"] = FileNode::regular("text");
  run("echo one", "out");
  ASSERT_EQ(backend.ran.size(), 1U);
  const RunSpec& spec = backend.ran[0];
  EXPECT_EQ(spec.owner, "w1");
  EXPECT_EQ(spec.home.root.children.at("notes").content, "text");
  EXPECT_EQ(spec.arguments, (std::vector<std::string>{"bash", "/check/check.sh"}));
  EXPECT_EQ(spec.folder.root.children.at("check.sh").content, "...");
  EXPECT_EQ(spec.folder.root.children.at("session.jsonl").content,
            "{\"number\":1,\"text\":\"echo one\",\"cwd\":\"/home/me\",\"exit_status\":0,\"output_base64\":\"b3V0\"}\n");
  EXPECT_EQ(port.last("progress")["missing"], 1);
  expect_event("check", R"({"passed":false,"matched":0,"missing":1,"extra":0,"incorrect":0,"score":0.25})");
  solve();
  run("touch a");
  expect_outcome("passed");
  ASSERT_EQ(backend.ran.size(), 2U);
  EXPECT_NE(backend.ran[0].id, backend.ran[1].id);
}

TEST_F(CheckerTest, AFailureIsRecordedAndTheNextCommandIsJudged) {
  use(HandIn::automatic);
  begin_task();
  answer = ended(3, "", "line 7: oh\xff");
  run("false");
  EXPECT_EQ(port.count("progress"), 0);
  expect_event("checker_failed",
               R"({"reason":"expected status 0 (passed) or 1 (not passed), got 3","errors":"line 7: oh)"
               "\xef\xbf\xbd\",\"command_number\":1}");
  EXPECT_EQ(backend.ran.size(), 1U) << "it does not run again by itself";
  answer.reset();
  solve();
  run("touch a");
  expect_outcome("passed");
}

TEST_F(CheckerTest, ASandboxThatRunsNoProgramsIsAFailure) {
  use(HandIn::automatic);
  backend.during_run = nullptr;
  begin_task();
  run("true");
  expect_event("checker_failed", "runs no commands without a terminal");
}

TEST_F(CheckerTest, OneRunsAtATimeAndTheNewestCommandIsJudgedNext) {
  use(HandIn::automatic);
  begin_task();
  pool.time_of_programs = seconds(2);
  for (const char* command : {"one", "two", "three"}) backend.shell().run(command, "");
  loop.run_until_idle();
  loop.advance(seconds(1));
  EXPECT_EQ(backend.ran.size(), 0U) << "the first runs";
  loop.advance(seconds(30));
  ASSERT_EQ(backend.ran.size(), 2U);
  EXPECT_THAT(*backend.ran[1].folder.root.children.at("session.jsonl").content, ::testing::HasSubstr("three"));
}

TEST_F(CheckerTest, TheLastCheckMayTakeAsLongAsTheProgram) {
  use(HandIn::automatic);
  begin_task();
  pool.time_of_programs = seconds(4);
  backend.shell().begin("(touch a; sleep 1000)");
  loop.run_until_idle();
  solve();
  say(R"({"type":"give_up","id":9,"task":1})");
  loop.advance(seconds(5));
  expect_outcome("passed");
}

TEST_F(CheckerTest, AHomeThatCannotBeCopiedIsAFailure) {
  use(HandIn::automatic);
  begin_task();
  FileNode large = FileNode(FileKind::regular);
  large.size = 100 * 1024 * 1024;
  backend.shell().home.root.children["large"] = large;
  run("true");
  EXPECT_TRUE(backend.ran.empty());
  expect_event("checker_failed", "the home holds more than 20000 entries or 64 MiB");
}

TEST_F(CheckerTest, ANewSandboxCancelsTheProgram) {
  use(HandIn::automatic);
  begin_task();
  bool was_cancelled = false;
  backend.during_run = [&](const RunSpec& spec) {
    pollfd cancelled{spec.cancelled, POLLIN, 0};
    was_cancelled = poll(&cancelled, 1, 0) == 1;
    return ended(0);
  };
  pool.time_of_programs = seconds(2);
  backend.shell().run("true", "");
  loop.run_until_idle();
  say(R"({"type":"reset","id":5,"task":1})");
  loop.advance(seconds(5));
  EXPECT_TRUE(was_cancelled);
  EXPECT_EQ(outcome(), "none") << "the verdict is about files that are gone";
}

TEST_F(CheckerTest, OnlyAHandInPassesWithAButton) {
  use(HandIn::button, CheckerRuns::each_command, 3);
  begin_task();
  EXPECT_EQ(task_of("welcome").at("hand_in"), "button");
  EXPECT_EQ(task_of("welcome").at("tries_left"), 3);
  run("true");
  EXPECT_EQ(port.count("progress"), 0) << "what a hand-in would say does not show before it";
  submit();
  EXPECT_EQ(port.count("done"), 1);
  EXPECT_EQ(port.last("progress")["missing"], 1);
  EXPECT_EQ(task_of("state").at("tries_left"), 2);
  EXPECT_EQ(backend.ran.size(), 1U) << "the last command was judged already";
  solve();
  run("touch a");
  EXPECT_EQ(outcome(), "none");
  submit(51);
  expect_outcome("passed");
  expect_event("handed_in", R"({"passed":false,"tries_left":2} {"passed":true,"tries_left":2})");
  expect_stored("SELECT state || ' ' || ended_by FROM results", "passed hand_in");
}

TEST_F(CheckerTest, TheLastTryEndsTheTask) {
  use(HandIn::button, CheckerRuns::hand_in, 2);
  begin_task();
  run("true");
  EXPECT_TRUE(backend.ran.empty()) << "the program runs for hand-ins only";
  submit();
  submit();
  EXPECT_EQ(backend.ran.size(), 1U) << "a repeated request acts once";
  EXPECT_EQ(port.count("done"), 2);
  submit(51);
  expect_outcome("failed");
  expect_stored("SELECT state || ' ' || ended_by FROM results", "failed hand_in");
}

TEST_F(CheckerTest, AFailureUsesUpNoTry) {
  use(HandIn::button, CheckerRuns::hand_in);
  begin_task();
  answer = ended(2);
  submit();
  EXPECT_EQ(port.last("error")["code"], "checker_failed");
  EXPECT_EQ(port.count("done"), 0);
  EXPECT_EQ(events("handed_in"), "");
  answer.reset();
  solve();
  submit(51);
  expect_outcome("passed");
}

TEST_F(CheckerTest, WithoutFeedbackAHandInSaysNothing) {
  for (const bool is_right : {true, false}) {
    use(HandIn::button, CheckerRuns::hand_in, 1, Feedback::none);
    if (is_right)
      begin_task();
    else
      start_task(2);
    if (is_right) solve();
    submit(50, is_right ? 1 : 2);
    expect_outcome("handed_in");
    EXPECT_EQ(port.count("progress"), 0);
  }
  expect_stored("SELECT group_concat(state) FROM results", "passed,handed_in");
}

TEST_F(CheckerTest, TriesOutliveTheServer) {
  use(HandIn::button, CheckerRuns::hand_in, 3);
  backend.can_adopt = true;
  begin_task();
  submit();
  restart();
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  ASSERT_TRUE(wait_for("welcome"));
  EXPECT_EQ(task_of("welcome").at("tries_left"), 2);
}

TEST_F(CheckerTest, ATaskWithoutAButtonIsNotHandedIn) {
  use(HandIn::automatic);
  begin_task();
  submit();
  EXPECT_EQ(port.last("error")["code"], "not_offered");
  EXPECT_EQ(task_of("welcome").at("hand_in"), "automatic");
  EXPECT_TRUE(task_of("welcome").at("tries_left").is_null());
}

/// Hand-ins of the other types.
class HandInTest : public SessionTest {
 protected:
  void use(std::size_t index, HandIn hand_in, int tries) {
    auto study = std::make_shared<Study>(*environment.study);
    study->tasks[0] = study->tasks[index];
    study->tasks[0].hand_in = hand_in;
    study->tasks[0].tries = tries;
    environment.study = study;
  }
  void submit(int id) {
    say("{\"type\":\"submit\",\"id\":" + std::to_string(id) + ",\"task\":1}");
    loop.run_until_idle();
  }
  void expect_state(const std::string& state) { expect_stored("SELECT state FROM results", state); }
};

TEST_F(HandInTest, OfATreeReadsTheHomeAnew) {
  use(1, HandIn::button, 2);
  begin_task();
  submit(1);
  expect_state("running");
  backend.shell().home.root.children["a"] = FileNode::regular("");
  submit(2);
  expect_state("passed");
}

TEST_F(HandInTest, OfAnOutputJudgesTheLastCommand) {
  use(0, HandIn::button, 5);
  begin_task();
  submit(1);
  expect_state("running");
  backend.shell().run("echo hello", "hello\n");
  backend.shell().run("echo other", "other\n");
  loop.run_until_idle();
  submit(2);
  expect_state("running");
  backend.shell().run("echo hello", "hello\n");
  loop.run_until_idle();
  expect_stored("SELECT state FROM results", "running");
  submit(3);
  expect_state("passed");
}

TEST_F(HandInTest, IsNotNeededWithBoth) {
  use(0, HandIn::both, 2);
  begin_task();
  submit(1);
  expect_state("running");
  backend.shell().run("echo hello", "hello\n");
  loop.advance(seconds(1));
  expect_stored("SELECT state FROM results", "passed");
}

TEST_F(HandInTest, DoesNotComeWithTheDeadline) {
  use(1, HandIn::button, 2);
  begin_task();
  backend.shell().home.root.children["a"] = FileNode::regular("");
  loop.advance(seconds(70));
  expect_stored("SELECT state FROM results", "timed_out");
}

TEST_F(HandInTest, OfFilesThatCannotBeReadUsesUpNoTry) {
  use(1, HandIn::button, 1);
  begin_task();
  backend.shell().fails_to_snapshot = true;
  submit(1);
  EXPECT_EQ(port.last("error")["code"], "checker_failed");
  backend.shell().fails_to_snapshot = false;
  submit(2);
  expect_state("failed");
}

}  // namespace
}  // namespace tellina::testing
