#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr const char* full_reset =
    "\x1b"
    "c";
/// The replacements of sandboxes and their reasons, in recorded order.
constexpr const char* replacements =
    "SELECT group_concat(kind) FROM (SELECT kind FROM event_log WHERE kind IN ('reset', 'sandbox_replaced'))";
/// For a task that had run for 20 s: whether its clock is stopped, and whether nothing more was charged.
constexpr const char* clock =
    "SELECT (segment_started_ns IS NULL) || ' ' || (charged_before_ns < 21e9) FROM task_sessions";

TEST_F(SessionTest, StaysReadyIfNoSandboxStarts) {
  backend.is_unavailable = true;
  open();
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  say(R"({"type":"start_task","id":4,"task":1})");
  EXPECT_EQ(port.last("error")["code"], "sandbox_unavailable");
  EXPECT_EQ(port.last("error")["id"].to_number<int>(), 4);
  EXPECT_EQ(port.count("state"), 0);
  EXPECT_EQ(stored("SELECT count(*) FROM task_sessions"), "0");
  EXPECT_THAT(log.lines().back(), HasSubstr("no room for a sandbox (free some memory)"));
  const std::string reference(port.last("error")["reference"].as_string());
  EXPECT_THAT(reference, ::testing::MatchesRegex("[0-9A-F][0-9A-F][0-9A-F][0-9A-F]"));
  EXPECT_THAT(log.lines().back(),
              ::testing::StartsWith("event=sandbox_failed participant=P001 task=task-1 session=s-"));
  EXPECT_THAT(log.lines().back(), HasSubstr(" when=start reference=" + reference + " reason=\""));
  expect_stored("SELECT detail ->> 'reference' FROM event_log WHERE kind = 'sandbox_failed'", reference);
  backend.is_unavailable = false;
  start_task(1);
  EXPECT_EQ(state(), "running");
}

TEST_F(SessionTest, SurvivesABackendThatViolatesItsContract) {
  open();
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  backend.throws_something = true;
  say(R"({"type":"start_task","id":1,"task":1})");
  EXPECT_THAT(log.lines().back(), ::testing::EndsWith(R"(reason="sandbox \"scripted\": threw int")"));
  backend.throws_something = false;
  backend.returns_null = true;
  loop.advance(limits::fault_log_interval);
  say(R"({"type":"start_task","id":2,"task":1})");
  EXPECT_THAT(log.lines().back(), ::testing::EndsWith(R"(reason="sandbox \"scripted\": start() returned null")"));
  EXPECT_EQ(port.count("error"), 2);
}

TEST_F(SessionTest, UsesAShellWithoutAPromptAfterFiveSeconds) {
  backend.shows_prompt = false;
  open();
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  say(R"({"type":"start_task","id":1,"task":1})");
  loop.advance(milliseconds(4999));
  EXPECT_EQ(port.count("welcome"), 1);
  loop.advance(milliseconds(1));
  ASSERT_TRUE(wait_for("welcome", 2));
  EXPECT_EQ(port.last("welcome")["state"].as_object()["state"], "running");
}

TEST_F(SessionTest, ALostSandboxBeforeTheFirstPromptKeepsTheClockStopped) {
  begin_task();
  loop.advance(seconds(20));
  store->run([](StoreTransaction&) {});
  session->abandon();
  session.reset();
  loop.run_until_idle();
  backend.shows_prompt = false;
  port = KeepingPort();
  open();
  loop.run_until_idle();
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  backend.shell().fails_to_restart = backend.is_unavailable = true;
  backend.shell().exit();
  loop.advance(seconds(1));
  loop.run_until_idle();
  EXPECT_TRUE(task_of("state").at("clock_stands").as_bool());
  loop.advance(seconds(6));  // longer than the session waits for a prompt
  EXPECT_TRUE(task_of("state").at("clock_stands").as_bool());
  EXPECT_EQ(stored("SELECT count(*) FROM event_log WHERE kind = 'sandbox_replaced'"), "0");
  backend.shows_prompt = true;
  backend.is_unavailable = false;
  loop.advance(seconds(3));
  ASSERT_TRUE(wait([&] { return !task_of("state").at("clock_stands").as_bool(); }));
  expect_stored("SELECT count(*) FROM event_log WHERE kind = 'sandbox_replaced'", "1");
}

TEST_F(SessionTest, ReturnsCreditForInputThatTheEndOfTheTaskCutOff) {
  begin_task();
  const Bytes block(60 * 1024, 'x');
  std::uint64_t offset = 0;
  // The shell reads nothing, so eventually the bytes wait here.
  do {
    type(offset, block);
    offset += block.size();
  } while (loop.run_until([&] { return port.credited == offset; }, milliseconds(300)));
  ASSERT_LT(port.credited, offset) << "the shell's terminal took everything";
  say(R"({"type":"give_up","id":1})");
  ASSERT_TRUE(wait_for("done"));
  EXPECT_EQ(port.credited, offset);
}

TEST_F(SessionTest, AResetDropsAndAcknowledgesInputThatTheOldShellHasNotRead) {
  begin_task();
  const Bytes block(60 * 1024, 'x');
  std::uint64_t offset = 0;
  // The shell reads nothing, so eventually the bytes wait here.
  do {
    type(offset, block);
    offset += block.size();
  } while (loop.run_until([&] { return port.credited == offset; }, milliseconds(300)));
  const std::uint64_t written = port.credited;
  ASSERT_LT(written, offset) << "the shell's terminal took everything";
  say(R"({"type":"reset","id":1})");
  ASSERT_TRUE(wait_for("done"));
  ASSERT_TRUE(wait([&] { return port.credited == offset; }));
  EXPECT_EQ(port.last("input_ack")["input_offset"].to_number<std::uint64_t>(), offset);
  type(offset, "fresh");
  EXPECT_EQ(backend.shell().typed(), "fresh");
  expect_stored("SELECT detail FROM event_log WHERE kind = 'input_dropped'",
                "{\"from_offset\":" + std::to_string(written) + ",\"bytes\":" + std::to_string(offset - written) +
                    ",\"reason\":\"reset\"}");
}

TEST_F(SessionTest, ForgetsTheOldShellsEndAfterAReset) {
  begin_task();
  backend.shell().exit();
  loop.run_until_idle();  // it ended too soon, so the next shell starts after a second
  say(R"({"type":"reset","id":1})");
  ASSERT_TRUE(wait_for("done"));
  loop.advance(seconds(3));
  EXPECT_EQ(backend.shells[0]->restarts + backend.shells[1]->restarts, 0);
  type(0, "x");
  EXPECT_EQ(backend.shell().typed(), "x");
}

TEST_F(SessionTest, ANewSandboxBeginsWithAnEmptyScreenInTheRecordToo) {
  begin_task();
  backend.shell().print("\x1b[?1049hvim");
  loop.run_until_idle();
  const Bytes before = port.output;
  EXPECT_THAT(before, ::testing::Not(HasSubstr(full_reset)));
  say(R"({"type":"reset","id":1})");
  ASSERT_TRUE(wait_for("done"));
  loop.run_until_idle();
  EXPECT_THAT(port.output.substr(before.size()), ::testing::StartsWith(std::string(full_reset) + "\x1b]133;A;"));
  expect_stored("SELECT CAST(bytes AS TEXT) FROM output_bytes WHERE stream_offset = " + std::to_string(before.size()),
                full_reset);
  session->detach(port, "refreshed");
  KeepingPort again;
  session->attach(again);
  say(again, R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  EXPECT_EQ(again.output, port.output);
  session->detach(again, "gone");
}

TEST_F(SessionTest, ARefusedResetAndAnotherShellInTheSameSandboxKeepTheScreen) {
  begin_task();
  backend.is_unavailable = true;
  say(R"({"type":"reset","id":1})");
  EXPECT_EQ(port.count("error"), 1);
  loop.advance(seconds(2));
  backend.shell().exit();
  loop.run_until_idle();
  EXPECT_EQ(backend.shell().restarts, 1);
  EXPECT_THAT(port.output, ::testing::Not(HasSubstr(full_reset)));
}

TEST_F(SessionTest, AfterATakeOverTheScreenIsEmptyUnlessTheShellIsTheOldOne) {
  for (const bool is_adopted : {true, false}) {
    SCOPED_TRACE(is_adopted);
    if (is_adopted) begin_task();
    store->run([](StoreTransaction&) {});
    session->abandon();
    session.reset();
    loop.run_until_idle();
    backend.can_adopt = is_adopted;
    port = KeepingPort();
    open();
    ASSERT_TRUE(wait([&] { return is_adopted || backend.starts == 2; }));
    backend.shell().print("here");
    say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
    loop.run_until_idle();
    EXPECT_THAT(port.output, HasSubstr("here"));
    EXPECT_EQ(port.output.rfind(full_reset, 0) == 0, !is_adopted) << port.output;
  }
}

TEST_F(SessionTest, ReplacesASandboxWhoseShellCannotBeRestarted) {
  begin_task();
  loop.advance(seconds(2));
  backend.shell().fails_to_restart = true;
  backend.shell().exit();
  loop.run_until_idle();
  EXPECT_EQ(backend.starts, 2);
  EXPECT_THAT(port.output, HasSubstr(full_reset));
  type(0, "x");
  EXPECT_EQ(backend.shell().typed(), "x");
  EXPECT_TRUE(task_of("state").at("terminal_replaced").as_bool());
  expect_stored(replacements, "sandbox_replaced");
}

TEST_F(SessionTest, TriesLessAndLessOftenToReplaceASandbox) {
  begin_task();
  loop.advance(seconds(2));
  backend.shell().fails_to_restart = true;
  backend.is_unavailable = true;
  backend.shell().exit();
  loop.run_until_idle();
  const std::size_t lines_before = log.lines().size();
  for (int second = 0; second < 120; ++second) loop.advance(seconds(1));
  const auto count = [this](const std::string& kind) {
    return std::stoi(stored("SELECT count(*) FROM event_log WHERE kind = '" + kind + "'"));
  };
  EXPECT_TRUE(wait([&] { return count("sandbox_failed") >= 25; })) << count("sandbox_failed");
  EXPECT_LE(count("sandbox_failed"), 28) << "after 0, 1, 3, 7, 12, 17, ... seconds";
  EXPECT_EQ(count("shell_failed"), 1) << "the reason of one series";
  std::vector<std::string> failures;
  for (const std::string& line : log.lines()) {
    if (line.starts_with("event=sandbox_failed")) failures.push_back(line);
  }
  ASSERT_EQ(failures.size(), 2U) << "one a minute";
  EXPECT_THAT(failures[0], ::testing::Not(HasSubstr("left_out")));
  EXPECT_THAT(failures[1], ::testing::ContainsRegex(" left_out=1[0-9]$"));
  EXPECT_EQ(log.lines().size() - lines_before, 1U) << "the first was before";
  backend.is_unavailable = false;
  loop.advance(seconds(5));
  EXPECT_TRUE(wait([&] { return port.count("state") > 0 && task_of("state").at("terminal_replaced").as_bool(); }))
      << "within the longest pause";
}

TEST_F(SessionTest, KeepsASandboxWhoseShellCannotBeRestartedForNow) {
  begin_task();
  loop.advance(seconds(2));
  backend.shell().is_short_of_descriptors = true;
  backend.shell().exit();
  loop.run_until_idle();
  EXPECT_TRUE(task_of("state").at("clock_stands").as_bool());
  loop.advance(seconds(100));
  EXPECT_EQ(backend.starts, 1) << "a new sandbox would need even more descriptors";
  backend.shell().is_short_of_descriptors = false;
  loop.advance(seconds(5));
  EXPECT_FALSE(task_of("state").at("clock_stands").as_bool());
  EXPECT_FALSE(task_of("state").at("terminal_replaced").as_bool()) << "the files are still there";
  EXPECT_EQ(backend.starts, 1);
  EXPECT_EQ(stored(replacements), "NULL");
}

TEST_F(SessionTest, TriesAgainToAdoptASandboxThatCannotBeAdoptedForNow) {
  begin_task();
  store->run([](StoreTransaction&) {});
  session->abandon();
  session.reset();
  loop.run_until_idle();
  backend.can_adopt = backend.is_short_of_descriptors = true;
  port = KeepingPort();
  open();
  loop.advance(seconds(10));
  EXPECT_EQ(backend.starts, 1) << "the sandbox was replaced although it is alive";
  backend.is_short_of_descriptors = false;
  loop.advance(seconds(5));
  expect_stored("SELECT count(*) FROM event_log WHERE kind = 'adopted'", "1");
  EXPECT_EQ(backend.starts, 1);
  EXPECT_EQ(stored(replacements), "NULL");
}

TEST_F(SessionTest, TheClockStopsWhileABrokenSandboxCannotBeReplaced) {
  break_for_good();
  loop.advance(seconds(100));
  backend.is_unavailable = false;
  loop.advance(seconds(5));
  EXPECT_FALSE(task_of("state").at("clock_stands").as_bool());
  EXPECT_GT(task_of("state").at("time_left_in_seconds").to_number<double>(), 38);
  expect_stored(replacements, "sandbox_replaced");
}

TEST_F(SessionTest, TheClockContinuesIfTheBrokenShellCanBeRestartedAfterAll) {
  break_for_good();
  backend.shell().fails_to_restart = false;
  loop.advance(seconds(2));
  EXPECT_FALSE(task_of("state").at("clock_stands").as_bool());
  EXPECT_FALSE(task_of("state").at("terminal_replaced").as_bool()) << "the files are still there";
  expect_stored(clock, "0 1");
}

TEST_F(SessionTest, AResetWithoutASandboxCountsAsTheParticipants) {
  begin_task();
  loop.advance(seconds(20));
  fail_to_take_over();
  EXPECT_TRUE(task_of("welcome").at("clock_stands").as_bool());
  backend.is_unavailable = false;
  say(R"({"type":"reset","id":1})");
  ASSERT_TRUE(wait_for("done"));
  loop.advance(seconds(10));
  EXPECT_FALSE(task_of("state").at("clock_stands").as_bool());
  EXPECT_FALSE(task_of("state").at("terminal_replaced").as_bool());
  expect_stored(replacements, "reset");
}

TEST_F(SessionTest, KeepsItsNonceIfAResetFails) {
  begin_task();
  backend.is_unavailable = true;
  say(R"({"type":"reset","id":1})");
  EXPECT_EQ(port.last("error")["code"], "sandbox_unavailable");
  EXPECT_THAT(log.lines().back(), HasSubstr("reference=" + std::string(port.last("error")["reference"].as_string())));
  loop.advance(seconds(2));
  backend.shell().exit();
  loop.run_until_idle();
  type(0, "echo hello\r");
  backend.shell().run("echo hello", "hello\r\n");
  ASSERT_TRUE(wait_for("state", 2)) << "the marks of the shell after the next were not known";
  EXPECT_EQ(state(), "ready");
}

TEST_F(SessionTest, EndsATaskDuringAReset) {
  begin_task();
  session->on_text(port, R"({"type":"reset","id":1})");
  session->on_text(port, R"({"type":"give_up","id":2})");
  ASSERT_TRUE(wait_for("done"));
  EXPECT_EQ(port.last("done")["id"].to_number<int>(), 2);
  EXPECT_EQ(port.last("error")["code"].as_string(), "no_task");
  EXPECT_EQ(port.last("error")["id"].to_number<int>(), 1);
  loop.run_until_idle();
  for (const auto& shell : backend.shells) EXPECT_TRUE(shell->is_destroyed);
  start_task(2);
  say(R"({"type":"reset","id":3})");
  ASSERT_TRUE(wait_for("done", 2));
}

TEST_F(SessionTest, KeepsAResizeAfterTheEndOutOfTheNextRecord) {
  begin_task();
  session->on_text(port, R"({"type":"give_up","id":2})");
  session->on_text(port, R"({"type":"resize","columns":90,"rows":20})");
  ASSERT_TRUE(wait_for("done"));
  start_task(2);
  EXPECT_EQ(stored("SELECT count(*) FROM events WHERE kind = 'resize'"), "0");
  EXPECT_EQ(backend.shell().size, TerminalSize(90, 20));
}

TEST_F(SessionTest, WaitsForASandboxThatIsBeingStarted) {
  open();
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  bool released = false;
  backend.during_start = [&](const SandboxSpec&) { session->release([&] { released = true; }); };
  session->on_text(port, R"({"type":"start_task","id":1,"task":1})");
  ASSERT_TRUE(wait([&] { return released; }));
  ASSERT_EQ(backend.shells.size(), 1U);
  EXPECT_TRUE(backend.shell().is_destroyed);
}

TEST_F(SessionTest, BeginsForAPageThatConnectsMeanwhile) {
  open();
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  session->on_text(port, R"({"type":"start_task","id":1,"task":1})");
  session->detach(port, "gone");
  KeepingPort next;
  session->attach(next);
  session->on_text(next, R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  ASSERT_TRUE(wait([&] { return next.count("welcome") == 2; }));
  EXPECT_EQ(next.last("welcome")["state"].as_object()["state"], "running");
  EXPECT_THAT(next.output, HasSubstr("$ "));
  session->detach(next, "gone");
}

TEST_F(SessionTest, TakesOverPastTheRecordedEnd) {
  begin_task();
  type(0, "abc");
  ASSERT_TRUE(wait_for("input_ack"));
  const Bytes shown = port.output;
  const std::string stream(port.last("welcome")["stream"].as_string());
  store->run([](StoreTransaction&) {});
  loop.advance(seconds(10));
  store->run([&](StoreTransaction& t) { t.register_worker(identify_this_process("w2"), now()); });
  session->abandon();
  session.reset();
  loop.run_until_idle();
  EXPECT_EQ(port.close_code, 1012);
  loop.virtual_clock().set(loop.clock().now() + seconds(5));
  environment.worker = "w2";
  port = KeepingPort();
  open("w2");
  ASSERT_TRUE(wait([&] { return backend.starts == 2; }));
  say("{\"type\":\"hello\",\"columns\":80,\"rows\":24,\"output_offset\":" + std::to_string(shown.size()) +
      ",\"stream\":\"" + stream + "\",\"input_offset\":9}");
  auto welcome = port.last("welcome");
  EXPECT_EQ(welcome["stream"], stream.c_str());
  EXPECT_EQ(welcome["input_offset"].to_number<int>(), 9) << "input is never typed twice";
  EXPECT_EQ(welcome["output_offset"].to_number<std::size_t>(), shown.size() + 1024 * 1024);
  type(9, "x");
  EXPECT_EQ(backend.shell().typed(), "x");
  ASSERT_TRUE(wait_for("input_ack"));
  EXPECT_EQ(stored("SELECT group_concat(stream || ' ' || from_offset || ' ' || to_offset) FROM "
                   "(SELECT * FROM recorded_gaps ORDER BY stream)"),
            "input 3 9,output " + std::to_string(shown.size()) + " " + std::to_string(shown.size() + 1024 * 1024));
}

TEST_F(SessionTest, KeepsNoBytesIfTheStudyDisablesRecording) {
  environment.keeps_bytes = false;
  begin_task();
  type(0, "abc");
  EXPECT_EQ(port.last("input_ack")["input_offset"].to_number<int>(), 3) << "waits for the record";
  const std::string shown = std::to_string(port.output.size());
  say(R"({"type":"give_up","id":7})");
  ASSERT_TRUE(wait([&] { return stored("SELECT state FROM results") == "gave_up"; }));
  EXPECT_EQ(stored("SELECT (SELECT count(*) FROM input_chunks) + (SELECT count(*) FROM output_chunks)"), "0");
  EXPECT_EQ(stored("SELECT input_end || ' ' || output_end FROM task_sessions"), "3 " + shown);
  EXPECT_EQ(stored("SELECT count(*) FROM gaps WHERE reason <> 'not_recorded'"), "0");
  EXPECT_EQ(stored("SELECT count(*) FROM event_log WHERE kind = 'attached'"), "1");
}

TEST_F(SessionTest, RetriesIfATakenOverTaskFindsNoSandbox) {
  begin_task();
  store->run([](StoreTransaction&) {});
  session->abandon();
  session.reset();
  loop.run_until_idle();
  backend.is_unavailable = true;
  port = KeepingPort();
  open();
  loop.run_until_idle();
  EXPECT_EQ(backend.starts, 2);
  backend.is_unavailable = false;
  loop.advance(seconds(2));
  EXPECT_EQ(backend.starts, 3);
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  EXPECT_THAT(port.output, HasSubstr("$ "));
}

TEST_F(SessionTest, ReportsAStoppedClockAndAReplacedTerminalAfterATakeOver) {
  begin_task();
  loop.advance(seconds(20));
  fail_to_take_over();
  EXPECT_TRUE(task_of("welcome").at("clock_stands").as_bool());
  EXPECT_EQ(port.count("error"), 0) << "there is nothing that the participant could try again";
  loop.advance(seconds(100));
  expect_stored(clock, "1 1");
  backend.is_unavailable = false;
  loop.advance(seconds(2));
  EXPECT_FALSE(task_of("state").at("clock_stands").as_bool());
  EXPECT_GT(task_of("state").at("time_left_in_seconds").to_number<double>(), 38);
  EXPECT_TRUE(task_of("state").at("terminal_replaced").as_bool());
  expect_stored(replacements, "sandbox_replaced");
  expect_stored(clock, "0 1");
  store->run([&](StoreTransaction& t) { EXPECT_TRUE(t.find_progress(participant)->latest->sandbox_replaced); });
  say(R"({"type":"reset","id":1})");
  ASSERT_TRUE(wait_for("done"));
  EXPECT_FALSE(task_of("state").at("terminal_replaced").as_bool()) << "the participant asked for this one";
  expect_stored(replacements, "sandbox_replaced,reset");
  store->run([&](StoreTransaction& t) { EXPECT_FALSE(t.find_progress(participant)->latest->sandbox_replaced); });
}

TEST_F(SessionTest, InterruptsATaskThatHasNoSandboxForFiveMinutes) {
  begin_task();
  loop.advance(seconds(20));
  fail_to_take_over();
  loop.advance(seconds(299));
  EXPECT_EQ(stored("SELECT state FROM results"), "running");
  loop.advance(seconds(1));
  ASSERT_TRUE(wait([&] { return port.count("state") > 0 && state() == "ready"; }));
  EXPECT_EQ(port.last("state")["state"].at("outcomes"),
            boost::json::parse(R"([{"number": 1, "state": "interrupted"}])"));
  EXPECT_EQ(task_of("state").at("number"), boost::json::value(2));
  EXPECT_EQ(stored("SELECT state || ' ' || (time_spent_in_seconds < 21) FROM results"), "interrupted 1");
}

TEST_F(SessionTest, IsLostToANewerOwner) {
  begin_task();
  store->run([](StoreTransaction&) {});
  loop.virtual_clock().set(loop.clock().now() + seconds(5));
  store->run([&](StoreTransaction& t) {
    t.register_worker(identify_this_process("w2"), now());
    ASSERT_TRUE(t.acquire_lease(participant, "w2", now()).acquired);
  });
  type(0, "x");
  ASSERT_TRUE(wait([&] { return lost_calls == 1; }));
  EXPECT_EQ(port.count("input_ack"), 0);
  EXPECT_EQ(stored("SELECT input_end FROM task_sessions"), "0");
}

}  // namespace
}  // namespace tellina::testing
