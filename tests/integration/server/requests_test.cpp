#include "server_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Requests : public ServerTest {
 protected:
  void SetUp() override { start(StudyConfig()); }
  std::string events(const std::string& kind) const {
    return database().value("SELECT count(*) FROM events WHERE kind = ?1", {kind});
  }
  static double time_left(const boost::json::object& message) {
    return message.at("state").at("task").at("time_left_in_seconds").to_number<double>();
  }
};

TEST_F(Requests, GivingUpEndsTheTaskAndTheNextIsReady) {
  TestClient bob = join_task();
  bob.send_json(R"({"type": "give_up", "id": 7})");
  bob.wait_for_answer("done", "7");
  const auto next = bob.wait_for("state", [](const auto& message) {
    return text_of(message.at("state").as_object(), "previous") == R"({"number":1,"state":"gave_up"})";
  });
  EXPECT_EQ(text_of(next.at("state").as_object(), "state"), "ready");
  EXPECT_EQ(database().value("SELECT state FROM results"), "gave_up");
  // The reply may have been lost, so it is repeated, and the next task is not affected.
  bob.start_task(2);
  bob.send_json(R"({"type": "ping", "t": 1})");
  bob.wait_for("pong");
  EXPECT_EQ(bob.state(), "running");
}

TEST_F(Requests, ARepeatedGiveUpIsAnsweredOnce) {
  TestClient bob = join_task();
  for (int i = 0; i < 3; ++i) bob.send_json(R"({"type": "give_up", "id": "g"})");
  bob.wait_for_answer("done", "g");
  bob.send_json(R"({"type": "give_up", "id": "g"})");
  bob.wait_for_answer("done", "g");
  EXPECT_EQ(database().value("SELECT count(*) FROM results"), "1");
  EXPECT_FALSE(bob.has_message("error"));
}

TEST_F(Requests, ResetRestoresTheInitialFilesAndKeepsClockAndStreams) {
  TestClient bob = join();
  const auto welcome = bob.start_task(1);
  const auto begin = std::chrono::steady_clock::now();
  bob.expect_prompt();
  bob.run("rm ignore_me.txt; touch mine; ls -1");
  const std::string stream = bob.stream();
  const std::uint64_t output_before = bob.output_end();
  bob.send_json(R"({"type": "reset", "id": "r1"})");
  bob.wait_for_answer("done", "r1");
  bob.expect_prompt();
  EXPECT_GT(bob.output_end(), output_before);
  bob.run("echo files: $(ls -1)");
  EXPECT_THAT(bob.output(), HasSubstr("\afiles: ignore_me.txt\r\n"));

  const auto again = bob.connect();
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(text_of(again, "stream"), stream);
  EXPECT_NEAR(time_left(welcome) - time_left(again), passed.count(), 0.5);

  bob.run("touch after");
  bob.send_json(R"({"type": "reset", "id": "r1"})");
  bob.wait_for_answer("done", "r1");
  bob.run("echo files: $(ls -1)");
  EXPECT_THAT(bob.output(), HasSubstr("\afiles: after ignore_me.txt\r\n"));
  bob.expect_all_acknowledged();
  EXPECT_EQ(events("reset"), "1");
  expect_recorded(bob);
}

TEST_F(Requests, ExitAndCtrlDStartANewShellInTheSameHome) {
  TestClient bob = join_task();
  bob.run("touch kept");
  bob.type("exit 3\r");
  bob.expect_prompt();
  bob.type("\x04");
  bob.expect("exit");
  bob.expect_prompt();
  bob.run("echo files: $(ls -1)");
  EXPECT_THAT(bob.output(), HasSubstr("\afiles: ignore_me.txt kept\r\n"));
  bob.expect_all_acknowledged();
  EXPECT_EQ(events("shell_ended"), "2");
  EXPECT_EQ(database().value("SELECT detail FROM events WHERE kind = 'shell_ended' ORDER BY id"),
            R"({"exit_status":3})");
  EXPECT_EQ(bob.state(), "running");
  expect_recorded(bob);
}

TEST_F(Requests, OtherTasksAreWrongAndWithoutATaskNothingCanEnd) {
  TestClient bob = join();
  const auto expect_error = [&](const std::string& request, const std::string& id, const std::string& code) {
    bob.send_json(request);
    const auto answer = bob.wait_for_answer("error", id);
    EXPECT_EQ(text_of(answer, "code"), code) << request;
  };
  expect_error(R"({"type": "reset", "id": 1})", "1", "no_task");
  expect_error(R"({"type": "give_up", "id": 2})", "2", "no_task");
  expect_error(R"({"type": "start_task", "id": 3, "task": 2})", "3", "wrong_task");
  expect_error(R"({"type": "start_task", "id": 4, "task": 99})", "4", "wrong_task");
  bob.start_task(1);
  expect_error(R"({"type": "start_task", "id": 5, "task": 2})", "5", "wrong_task");
  EXPECT_EQ(bob.state(), "running");
}

TEST_F(Requests, ARepeatedStartIsWelcomedOnTheRunningStreams) {
  TestClient bob = join();
  bob.send_json(R"({"type": "start_task", "id": "s", "task": 1})");
  bob.start_task(1, "s");
  bob.expect_prompt();
  bob.run("echo once");
  const std::string stream = bob.stream();
  const std::uint64_t input_end = bob.input_end();
  const auto again = bob.start_task(1, "s");
  EXPECT_EQ(text_of(again, "stream"), stream);
  EXPECT_EQ(number_of(again, "input_offset"), input_end);
  bob.run("echo twice");
  bob.expect_all_acknowledged();
  expect_recorded(bob);
  EXPECT_EQ(database().value("SELECT count(*) FROM results"), "1");
}

TEST_F(Requests, MalformedFramesAreBadMessagesAndChangeNothing) {
  TestClient bob = join_task();
  const std::vector<std::string> bad{
      "",
      "no json",
      "[1]",
      "{}",
      R"({"type": 1})",
      R"({"type": "unheard_of"})",
      R"({"type": "hello"})",
      R"({"type": "hello", "columns": "80", "rows": 24, "output_offset": 0})",
      R"({"type": "hello", "columns": 80, "rows": 0, "output_offset": 0})",
      R"({"type": "hello", "columns": 80, "rows": 24, "output_offset": -1})",
      R"({"type": "hello", "columns": 80, "rows": 24, "output_offset": 0, "stream": 5})",
      R"({"type": "resize", "columns": 1001, "rows": 24})",
      R"({"type": "resize", "columns": 80.5, "rows": 24})",
      R"({"type": "ack", "output_offset": "0"})",
      R"({"type": "ack"})",
      R"({"type": "reset"})",
      R"({"type": "give_up", "id": []})",
      R"({"type": "start_task", "id": 1, "task": "1"})",
      R"({"type": "ping", "t": "now"})",
  };
  for (const std::string& frame : bad) {
    bob.send_json(frame);
    EXPECT_EQ(text_of(bob.wait_for("error"), "code"), "bad_message") << frame;
  }
  bob.run("echo still here");
  EXPECT_EQ(bob.state(), "running");
  bob.expect_all_acknowledged();
  expect_recorded(bob);
}

TEST_F(Requests, NothingIsAcceptedBeforeHello) {
  TestClient bob = TestClient::of(server().port(), "bob");
  bob.open();
  bob.send_json(R"({"type": "start_task", "id": 1, "task": 1})");
  EXPECT_EQ(text_of(bob.wait_for_answer("error", ""), "code"), "bad_message");
  bob.send_binary(0, "x");
  EXPECT_EQ(text_of(bob.wait_for("error"), "code"), "bad_message");
  bob.send_hello();
  EXPECT_EQ(text_of(bob.wait_for("welcome"), "stream"), "");
}

TEST_F(Requests, APingIsAnsweredWithTheOwnersState) {
  TestClient bob = join_task();
  bob.run("echo known");
  bob.send_json(R"({"type": "ping", "t": 12.5})");
  const auto pong = bob.wait_for("pong");
  EXPECT_EQ(pong.at("t").to_number<double>(), 12.5);
  EXPECT_EQ(number_of(pong, "input_offset"), bob.input_end());
  EXPECT_EQ(number_of(pong, "output_offset"), bob.output_end());
}

class Time : public ServerTest {};

TEST_F(Time, RunsOutWithoutABrowser) {
  StudyConfig config;
  config.task_duration_in_seconds = 2;
  start(config);
  TestClient bob = join();
  bob.start_task(1);
  bob.cut();
  ASSERT_TRUE(bob.wait_until([&] { return database().value("SELECT state FROM results") == "timed_out"; }));
  const std::string took =
      database().value("SELECT (julianday(ended_at) - julianday(started_at)) * 86400 FROM results");
  EXPECT_GE(std::stod(took), 1.999);  // julianday counts in milliseconds
  EXPECT_LE(std::stod(took), is_sanitized ? 3.5 : 2.5);
  EXPECT_EQ(database().value("SELECT time_spent_in_seconds FROM results"), "2.0");
  const auto welcome = bob.connect();
  EXPECT_EQ(text_of(welcome.at("state").as_object(), "previous"), R"({"number":1,"state":"timed_out"})");
  EXPECT_EQ(bob.state(), "ready");
}

TEST_F(Requests, ObservationsOfThePageAreInTheEventLog) {
  TestClient bob = join_task();
  bob.send_json(R"({"type": "observation", "kind": "visibility", "at": 1790000000000, "visible": "no"})");
  EXPECT_THAT(text_of(bob.wait_for("error"), "message"), HasSubstr("visible: expected true or false, got \"no\""));
  bob.type("echo timed");
  bob.send_json(R"({"type": "input_times", "stream": ")" + bob.stream() +
                R"(", "times": [[0, 1790000000000.5], [4, 1790000000100]]})");
  bob.send_json(R"({"type": "observation", "kind": "paste", "at": 1790000000200, "input_offset": 4, "bytes": 6})");
  bob.send_json(R"({"type": "resize", "columns": 90, "rows": 20})");
  EXPECT_TRUE(bob.wait_until([&] { return events("resize") == "1"; }));
  EXPECT_EQ(database().value("SELECT group_concat(stream_offset || ':' || typed_at_in_milliseconds) FROM input_times "
                             "WHERE access_code = 'bob' AND task_number = 1"),
            "0:1790000000000.5,4:1790000000100.0");
  EXPECT_EQ(database().value(
                "SELECT json_extract(detail, '$.bytes') FROM event_log WHERE kind = 'paste' AND task_number = 1"),
            "6");
  bob.cut();
  EXPECT_TRUE(bob.wait_until([&] { return events("detached") == "1"; }));
  EXPECT_THAT(database().value("SELECT detail FROM event_log WHERE kind = 'detached'"), HasSubstr("1006"));
}

}  // namespace
}  // namespace tellina::testing
