#include "unit/session/session_fixture.hpp"

#include "host/limits.hpp"

namespace tellina::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

TEST_F(SessionTest, RefusesEverythingBeforeHello) {
  open();
  say(R"({"type":"give_up","id":1})");
  EXPECT_EQ(port.texts.back(),
            R"({"type":"error","code":"bad_message","message":"expected hello as the first frame"})");
  type(0, "x");
  EXPECT_EQ(port.texts.back(), R"({"type":"error","code":"bad_message","message":"expected hello before input"})");
  EXPECT_EQ(port.credited, 1U);
}

TEST_F(SessionTest, WelcomesAPageBetweenTasks) {
  open();
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":7,"stream":"","input_offset":9})");
  auto welcome = port.last("welcome");
  EXPECT_EQ(welcome["stream"], "");
  EXPECT_EQ(welcome["input_offset"].to_number<int>(), 0);
  EXPECT_EQ(welcome["output_offset"].to_number<int>(), 0);
  EXPECT_EQ(welcome["state"].as_object()["state"], "ready");
  type(0, "dropped");
  EXPECT_EQ(port.credited, 7U);
}

TEST_F(SessionTest, StartsATaskAndCarriesBothStreams) {
  begin_task();
  auto welcome = port.last("welcome");
  EXPECT_EQ(welcome["id"].to_number<int>(), 101);
  EXPECT_THAT(std::string(welcome["stream"].as_string()), ::testing::StartsWith("s-"));
  EXPECT_EQ(state(), "running");
  EXPECT_THAT(port.output, HasSubstr("$ "));
  type(0, "ls\r");
  EXPECT_EQ(backend.shell().typed(), "ls\r");
  ASSERT_TRUE(wait_for("input_ack"));
  EXPECT_EQ(port.last("input_ack")["input_offset"].to_number<int>(), 3);
  EXPECT_EQ(port.credited, 3U);
  EXPECT_EQ(stored("SELECT input_end FROM task_sessions"), "3");
}

TEST_F(SessionTest, AcknowledgesKeysTogetherAndPastesAtOnce) {
  begin_task();
  const auto recorded = [&](int end) {
    return [this, end] { return stored("SELECT input_end FROM task_sessions") == std::to_string(end); };
  };
  type(0, "a");
  ASSERT_TRUE(wait_for("input_ack"));
  type(1, "b");
  ASSERT_TRUE(wait(recorded(2)));
  type(2, "c");
  ASSERT_TRUE(wait(recorded(3)));
  store->run([](StoreTransaction&) {});
  loop.advance(milliseconds(249));
  EXPECT_EQ(port.count("input_ack"), 1);
  loop.advance(milliseconds(1));
  EXPECT_EQ(port.count("input_ack"), 2);
  EXPECT_EQ(port.last("input_ack")["input_offset"].to_number<int>(), 3);
  EXPECT_EQ(port.credited, 3U);

  type(3, std::string(8 * 1024, 'd'));
  ASSERT_TRUE(wait_for("input_ack", 3));
  EXPECT_EQ(port.last("input_ack")["input_offset"].to_number<int>(), 3 + 8 * 1024);
}

TEST_F(SessionTest, DropsInputThatArrivesTwice) {
  begin_task();
  type(0, "abc");
  type(1, "bcd");
  store->run([](StoreTransaction&) {});
  loop.advance(milliseconds(250));
  EXPECT_EQ(backend.shell().typed(), "abcd");
  ASSERT_TRUE(wait([&] { return port.credited == 6; }));
}

TEST_F(SessionTest, RefusesInputBeyondTheWindow) {
  begin_task();
  type(64 * 1024, "x");
  EXPECT_THAT(port.texts.back(), HasSubstr("is more than 64 KiB ahead of 0"));
  type(~std::uint64_t{0}, "x");
  EXPECT_THAT(port.texts.back(), HasSubstr("input at offset 18446744073709551615"));
  EXPECT_EQ(port.credited, 2U);
}

TEST_F(SessionTest, AnswersWrongTasks) {
  open();
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  say(R"({"type":"start_task","id":"a","task":2})");
  EXPECT_EQ(port.texts.back(), R"({"type":"error","code":"wrong_task","message":"expected task 1, got 2","id":"a"})");
  say(R"({"type":"reset","id":2})");
  EXPECT_EQ(port.texts.back(), R"({"type":"error","code":"no_task","message":"no task is running","id":2})");
  EXPECT_EQ(backend.starts, 0);
}

TEST_F(SessionTest, EndsAndResetsOnlyTheNamedTask) {
  begin_task();
  say(R"({"type":"give_up","id":1,"task":2})");
  EXPECT_EQ(port.texts.back(), R"({"type":"error","code":"wrong_task","message":"expected task 1, got 2","id":1})");
  say(R"({"type":"reset","id":2,"task":1})");
  ASSERT_TRUE(wait_for("done"));
  say(R"({"type":"give_up","id":3,"task":1})");
  ASSERT_TRUE(wait_for("done", 2));
  start_task(2);
  say(R"({"type":"give_up","id":4,"task":1})");
  EXPECT_EQ(port.last("error")["id"].to_number<int>(), 4) << "a late request ended the next task";
  say(R"({"type":"reset","id":5,"task":1})");
  EXPECT_EQ(port.last("error")["code"], "wrong_task");
  EXPECT_EQ(stored("SELECT state FROM results WHERE task_number = 2"), "running");
  EXPECT_EQ(backend.starts, 3);
}

TEST_F(SessionTest, WelcomesARepeatedStartOnTheRunningStreams) {
  begin_task();
  const auto stream = port.last("welcome")["stream"];
  say(R"({"type":"start_task","id":5,"task":1})");
  auto again = port.last("welcome");
  EXPECT_EQ(again["stream"], stream);
  EXPECT_EQ(again["id"].to_number<int>(), 5);
  EXPECT_EQ(backend.starts, 1);
}

TEST_F(SessionTest, PassesATaskAndCleansItUp) {
  begin_task();
  type(0, "echo hello\r");
  backend.shell().run("echo hello", "hello\r\n");
  ASSERT_TRUE(wait_for("state", 2));
  EXPECT_EQ(state(), "ready");
  EXPECT_EQ(port.last("state")["state"].as_object()["previous"].as_object()["state"], "passed");
  EXPECT_EQ(boost::json::serialize(port.last("state")["state"].as_object()["outcomes"]),
            R"([{"number":1,"state":"passed"}])");
  EXPECT_EQ(port.last("progress")["matched"].to_number<int>(), 1);
  EXPECT_TRUE(backend.shell().is_destroyed);
  EXPECT_EQ(stored("SELECT state FROM task_sessions"), "passed");
}

TEST_F(SessionTest, ChecksTheHomeDirectory) {
  begin_task();
  say(R"({"type":"give_up","id":1})");
  ASSERT_TRUE(wait_for("done"));
  start_task(2);
  backend.shell().home.root.children["a"] = FileNode::regular("");
  backend.shell().run("touch a", "");
  ASSERT_TRUE(wait_for("state", 4));
  EXPECT_EQ(state(), "finished");
  EXPECT_GE(backend.shell().snapshots, 1);
  say(R"({"type":"start_task","id":9,"task":3})");
  EXPECT_THAT(port.texts.back(), HasSubstr("\"code\":\"no_task\""));
}

TEST_F(SessionTest, EndsATaskWhenItsTimeIsOver) {
  begin_task();
  loop.advance(milliseconds(59'999));
  EXPECT_EQ(stored("SELECT state FROM task_sessions"), "running");
  EXPECT_EQ(port.count("state"), 1);
  loop.advance(milliseconds(1));
  ASSERT_TRUE(wait_for("state", 2));
  EXPECT_EQ(port.last("state")["state"].as_object()["previous"].as_object()["state"], "timed_out");
  EXPECT_EQ(stored("SELECT charged_before_ns FROM task_sessions"), "60000000000");
}

TEST_F(SessionTest, IsBusyForAStartWhileThePreviousTaskIsEnding) {
  begin_task();
  session->on_text(port, R"({"type":"give_up","id":7})");
  session->on_text(port, R"({"type":"start_task","id":8,"task":1})");
  EXPECT_EQ(port.last("error")["code"], "busy");
  EXPECT_EQ(port.last("error")["id"].to_number<int>(), 8);
  ASSERT_TRUE(wait_for("done"));
  start_task(2);
  EXPECT_EQ(stored("SELECT group_concat(state) FROM task_sessions"), "gave_up,running");
}

TEST_F(SessionTest, GivesUpOnceForARepeatedRequest) {
  begin_task();
  loop.advance(seconds(10));
  say(R"({"type":"give_up","id":7})");
  ASSERT_TRUE(wait_for("done"));
  EXPECT_EQ(port.last("done")["id"].to_number<int>(), 7);
  EXPECT_EQ(stored("SELECT charged_before_ns FROM task_sessions"), "10000000000");
  say(R"({"type":"give_up","id":7})");
  EXPECT_EQ(port.count("done"), 2);
  start_task(2);
  EXPECT_EQ(stored("SELECT group_concat(state) FROM task_sessions"), "gave_up,running");
}

TEST_F(SessionTest, ResetsOnceForARepeatedRequest) {
  begin_task();
  type(0, "ab");
  say(R"({"type":"reset","id":3})");
  ASSERT_TRUE(wait_for("done"));
  say(R"({"type":"reset","id":3})");
  EXPECT_EQ(port.count("done"), 2);
  EXPECT_EQ(backend.starts, 2);
  EXPECT_TRUE(backend.shells[0]->is_destroyed);
  type(2, "cd");
  EXPECT_EQ(backend.shell().typed(), "cd");
  EXPECT_TRUE(wait([&] { return stored("SELECT count(*) FROM events WHERE kind = 'reset'") == "1"; }));
}

TEST_F(SessionTest, AnswersEachRequestThatComesDuringAReset) {
  begin_task();
  for (const char* id : {"3", "4", "5", "4"}) {
    session->on_text(port, R"({"type":"reset","id":)" + std::string(id) + "}");
  }
  ASSERT_TRUE(wait_for("done", 3));
  EXPECT_EQ(backend.starts, 2) << "one reset for all of them";
  for (const char* id : {"3", "4", "5"}) say(R"({"type":"reset","id":)" + std::string(id) + "}");
  EXPECT_EQ(port.count("done"), 6);
  EXPECT_EQ(backend.starts, 2) << "each was answered before";
}

TEST_F(SessionTest, AnswersTheOldestOfVeryManyRequestsAsBusy) {
  begin_task();
  const int more = 3;
  const int all = static_cast<int>(limits::requests_at_once) + more;
  for (int id = 1; id <= all; ++id) session->on_text(port, R"({"type":"reset","id":)" + std::to_string(id) + "}");
  EXPECT_EQ(port.count("error"), more);
  EXPECT_EQ(port.last("error")["code"].as_string(), "busy");
  EXPECT_EQ(port.last("error")["id"].to_number<int>(), more);
  ASSERT_TRUE(wait_for("done", all - more));
  EXPECT_EQ(port.last("done")["id"].to_number<int>(), all);
}

TEST_F(SessionTest, AnswersEachRequestToGiveUp) {
  begin_task();
  for (const char* id : {"3", "4"}) session->on_text(port, R"({"type":"give_up","id":)" + std::string(id) + "}");
  ASSERT_TRUE(wait_for("done", 2));
  EXPECT_EQ(stored("SELECT group_concat(state) FROM task_sessions"), "gave_up");
}

TEST_F(SessionTest, SendsTheLastCheckToALaterPageUntilItsSandboxIsGone) {
  begin_task();
  type(0, "echo bye\r");
  backend.shell().run("echo bye", "bye\r\n");
  ASSERT_TRUE(wait_for("progress"));
  KeepingPort second;
  session->attach(second);
  const auto greet = [&] {
    second.output.clear();
    say(second, R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  };
  greet();
  ASSERT_EQ(second.count("progress"), 1);
  EXPECT_EQ(second.last("progress"), port.last("progress"));
  EXPECT_THAT(second.texts.back(), ::testing::HasSubstr("progress"))
      << "a page discards a check that arrives before the state";
  say(second, R"({"type":"reset","id":1})");
  ASSERT_TRUE(wait([&] { return second.count("done") == 1; }));
  greet();
  EXPECT_EQ(second.count("progress"), 1);
  backend.shell().run("echo again", "again\r\n");
  ASSERT_TRUE(wait([&] { return second.count("progress") == 2; }));
  say(second, R"({"type":"give_up","id":2})");
  ASSERT_TRUE(wait([&] { return second.count("done") == 2; }));
  second.output.clear();
  say(second, R"({"type":"start_task","id":3,"task":2})");
  ASSERT_TRUE(wait([&] { return second.count("welcome") == 3; }));
  greet();
  EXPECT_EQ(second.count("progress"), 2) << "the second one is of the previous task";
  session->detach(second, "gone");
}

TEST_F(SessionTest, TellsTheOlderTabThatANewerTookOver) {
  begin_task();
  const Bytes shown = port.output;
  KeepingPort newer;
  session->attach(newer);
  say(newer, R"({"type":"hello","columns":100,"rows":30,"output_offset":0})");
  EXPECT_EQ(port.texts.back(), R"({"type":"replaced"})");
  EXPECT_EQ(port.close_code, 4001);
  EXPECT_EQ(newer.output, shown);
  EXPECT_EQ(backend.shell().size, TerminalSize(100, 30));
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  EXPECT_EQ(newer.close_code, 0) << "a replaced page affected the newer one";
  session->detach(newer, "gone");
}

TEST_F(SessionTest, StopsReadingAPageThatDoesNotRender) {
  begin_task();
  const std::string piece(32 * 1024, 'x');
  for (int i = 0; i < 12; ++i) {
    backend.shell().print(piece);
    loop.advance(std::chrono::milliseconds(1));
    if (port.output.size() >= limits::output_window) break;
  }
  EXPECT_EQ(port.output.size(), limits::output_window);
  say("{\"type\":\"ack\",\"output_offset\":" + std::to_string(limits::output_window + 1) + "}");
  EXPECT_EQ(port.output.size(), limits::output_window) << "an acknowledgement of more than was sent was accepted";
  say("{\"type\":\"ack\",\"output_offset\":" + std::to_string(limits::output_window) + "}");
  loop.advance(std::chrono::milliseconds(1));
  EXPECT_GT(port.output.size(), limits::output_window);
}

TEST_F(SessionTest, ContinuesWhereAPageLeftOff) {
  begin_task();
  backend.shell().print("0123456789");
  loop.run_until_idle();
  const Bytes all = port.output;
  const auto stream = boost::json::serialize(port.last("welcome")["stream"]);
  say("{\"type\":\"ack\",\"output_offset\":" + std::to_string(all.size()) + "}");
  session->detach(port, "1001 going away");
  backend.shell().print("meanwhile");
  loop.run_until_idle();
  KeepingPort again;
  session->attach(again);
  say(again, "{\"type\":\"hello\",\"columns\":80,\"rows\":24,\"output_offset\":" + std::to_string(all.size() - 2) +
                 ",\"stream\":" + stream + "}");
  EXPECT_EQ(again.output, "89meanwhile");
  EXPECT_EQ(again.last("welcome")["answered_offset"].to_number<std::size_t>(), all.size());
  session->detach(again, "gone");
}

TEST_F(SessionTest, RestartsAShellThatEnds) {
  begin_task();
  loop.advance(seconds(2));
  backend.shell().print("logout");
  backend.shell().exit();
  loop.run_until_idle();
  EXPECT_EQ(backend.shell().restarts, 1);
  EXPECT_THAT(port.output, HasSubstr("logout\r\n(a new shell)\r\n"));
  type(0, "x");
  EXPECT_EQ(backend.shell().typed(), "x");
  ASSERT_TRUE(wait_for("input_ack"));
  EXPECT_EQ(stored("SELECT detail FROM events WHERE kind = 'shell_ended'"), R"({"exit_status":7})");
}

TEST_F(SessionTest, AnnouncesANewShellOnASeparateLine) {
  begin_task();
  loop.advance(seconds(2));
  backend.shell().print("exit\r\n");
  backend.shell().exit();
  loop.run_until_idle();
  ASSERT_EQ(backend.shell().restarts, 1);
  EXPECT_THAT(port.output, HasSubstr("exit\r\n(a new shell)\r\n"));
}

TEST_F(SessionTest, ReturnsEverythingWhenReleased) {
  begin_task();
  bool released = false;
  session->release([&] { released = true; });
  ASSERT_TRUE(wait([&] { return released; }));
  EXPECT_EQ(port.close_code, 1012);
  EXPECT_TRUE(backend.shell().is_destroyed);
  EXPECT_EQ(stored("SELECT worker_id FROM leases"), "NULL");
  EXPECT_EQ(stored("SELECT state FROM task_sessions"), "running");
}

TEST_F(SessionTest, ReportsWhenNobodyIsConnected) {
  open();
  session->detach(port, "gone");
  loop.run_until_idle();
  EXPECT_EQ(idle_calls, 1);
}

}  // namespace
}  // namespace tellina::testing
