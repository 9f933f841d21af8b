#include <utility>
#include <vector>

#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;

ObservationFrame good(std::string_view text) {
  const ClientFrame frame = decode_client_frame(text);
  if (const auto* bad = std::get_if<BadFrame>(&frame)) ADD_FAILURE() << text << ": " << bad->message;
  const auto* found = std::get_if<ObservationFrame>(&frame);
  return found ? *found : ObservationFrame();
}

std::string error_of(std::string_view text) {
  const ClientFrame frame = decode_client_frame(text);
  const auto* bad = std::get_if<BadFrame>(&frame);
  EXPECT_TRUE(bad) << text;
  return bad ? bad->message : "";
}

TEST(ObservationFrames, BecomeEventsOfKnownFieldsOnly) {
  const ObservationFrame times =
      good(R"({"type":"input_times","stream":"s-1","times":[[0,1790000000000.25],[7,1.79e12]],"more":1})");
  EXPECT_TRUE(times.is_input_times);
  EXPECT_EQ(times.kind, "input_times");
  EXPECT_EQ(times.stream, "s-1");
  EXPECT_EQ(times.detail, R"({"stream":"s-1","times":[[0,1790000000000.250],[7,1790000000000.000]]})");
  const std::vector<std::pair<std::string, std::string>> table = {
      {R"("kind":"visibility","at":5,"visible":true)", R"({"at":5.000,"visible":true})"},
      {R"("kind":"focus","at":5,"focused":false,"secret":"x")", R"({"at":5.000,"focused":false})"},
      {R"("kind":"paste","at":5,"input_offset":3,"bytes":9)", R"({"at":5.000,"input_offset":3,"bytes":9})"},
      {R"("kind":"paste","at":5,"input_offset":3,"bytes":9,"replaced":2)",
       R"({"at":5.000,"input_offset":3,"bytes":9,"replaced":2})"},
      {R"("kind":"paste_stopped","at":5,"stream":"s-1","input_offset":3,"bytes":4)",
       R"({"at":5.000,"stream":"s-1","input_offset":3,"bytes":4})"},
      {R"("kind":"round_trip","at":5,"milliseconds":0.5)", R"({"at":5.000,"milliseconds":0.500})"},
      {R"("kind":"disconnected","at":5,"reason":"close \"1006\"","milliseconds":12)",
       R"({"at":5.000,"reason":"close \"1006\"","milliseconds":12.000})"},
  };
  for (const auto& [fields, detail] : table) {
    const ObservationFrame frame = good(R"({"type":"observation",)" + fields + "}");
    EXPECT_FALSE(frame.is_input_times);
    EXPECT_EQ(frame.detail, detail);
  }
}

TEST(ObservationFrames, ReportWhatIsInvalid) {
  std::string many = "[0,1]";
  for (int i = 1; i <= 256; ++i) many += ",[" + std::to_string(i) + ",1]";
  const std::vector<std::pair<std::string, std::string>> table = {
      {R"({"type":"input_times","times":[[0,1]]})", "stream: expected a string of at most 64 bytes, got nothing"},
      {R"({"type":"input_times","stream":"s"})",
       "times: expected a list of 1 to 256 entries [offset, milliseconds], got nothing"},
      {R"({"type":"input_times","stream":"s","times":[]})",
       "times: expected a list of 1 to 256 entries [offset, milliseconds], got 0 entries"},
      {R"({"type":"input_times","stream":"s","times":[)" + many + "]}",
       "times: expected a list of 1 to 256 entries [offset, milliseconds], got 257 entries"},
      {R"({"type":"input_times","stream":"s","times":[[0,1],[1]]})",
       "times[1]: expected [offset, milliseconds], got [1]"},
      {R"({"type":"input_times","stream":"s","times":[[4,1],[4,2]]})",
       "times[1][0]: expected a whole number from 5 to 9007199254740991, got 4"},
      {R"({"type":"input_times","stream":"s","times":[[0,-1]]})",
       "times[0][1]: expected milliseconds from 0 to 8.64e15, got -1"},
      {R"({"type":"observation","at":1})",
       "kind: expected visibility, focus, paste, paste_stopped, round_trip, disconnected or link_opened, got nothing"},
      {R"({"type":"observation","at":1,"kind":"mood"})",
       R"(kind: expected visibility, focus, paste, paste_stopped, round_trip, disconnected or link_opened, got "mood")"},
      {R"({"type":"observation","kind":"focus","focused":true})",
       "at: expected milliseconds from 0 to 8.64e15, got nothing"},
      {R"({"type":"observation","kind":"focus","at":1,"focused":1})", "focused: expected true or false, got 1"},
      {R"({"type":"observation","kind":"paste","at":1,"input_offset":0,"bytes":-1})",
       "bytes: expected a whole number from 0 to 9007199254740991, got -1"},
      {R"({"type":"observation","kind":"round_trip","at":1,"milliseconds":1e300})",
       "milliseconds: expected milliseconds from 0 to 8.64e15, got 1E300"},
      {R"({"type":"observation","kind":"disconnected","at":1,"milliseconds":1,"reason":")" + std::string(201, 'x') +
           "\"}",
       "reason: expected a string of at most 200 bytes, got \"" + std::string(56, 'x') + "..."},
  };
  for (const auto& [text, message] : table) EXPECT_EQ(error_of(text), message) << text;
}

constexpr const char* hidden = R"({"type":"observation","kind":"visibility","at":5,"visible":false})";

std::string times_of(const std::string& stream) {
  return R"({"type":"input_times","stream":")" + stream + R"(","times":[[0,7.5]]})";
}

using ObservationTest = SessionTest;

TEST_F(ObservationTest, RecordsWhatThePageSawWithTheTaskOrTheParticipant) {
  open();
  say(hidden);
  EXPECT_EQ(port.last("error")["message"], "expected hello as the first frame");
  say(R"({"type":"hello","columns":100,"rows":30,"output_offset":0})");
  say(hidden);
  start_task(1);
  const std::string stream(port.last("welcome")["stream"].as_string());
  say(R"({"type":"observation","kind":"focus","at":6,"focused":true})");
  say(times_of(stream));
  say(times_of("s-of-another"));
  expect_stored("SELECT group_concat(kind || coalesce(task_number, '-')) FROM event_log",
                "attached-,visibility-,started1,focus1,input_times1,input_times-");
  EXPECT_EQ(stored("SELECT detail FROM event_log WHERE kind = 'started'"), R"({"columns":100,"rows":30})");
  EXPECT_EQ(stored("SELECT stream_offset || ' ' || typed_at_in_milliseconds FROM input_times"), "0 7.5");
  // The page may report the last keystrokes after the end.
  say(R"({"type":"give_up","id":2})");
  ASSERT_TRUE(wait_for("done"));
  say(times_of(stream));
  start_task(2);
  say(R"({"type":"observation","kind":"paste_stopped","at":8,"input_offset":0,"bytes":1,"stream":")" + stream + "\"}");
  expect_stored("SELECT count(*) FROM event_log WHERE kind = 'paste_stopped' AND task_number IS NULL", "1");
  expect_stored("SELECT count(*) FROM input_times WHERE task_number = 1", "2");
  EXPECT_EQ(stored("SELECT count(*) FROM event_log WHERE task_number = 2 AND kind = 'input_times'"), "0");
  session->detach(port, "1006 the page left");
  expect_stored("SELECT detail FROM event_log WHERE kind = 'detached'", R"({"reason":"1006 the page left"})");
}

TEST_F(ObservationTest, TheAddressIsRecordedOnlyIfTheStudyWantsIt) {
  const std::string hello = R"({"type":"hello","columns":100,"rows":30,"output_offset":0})";
  open();
  say(hello);
  expect_stored("SELECT detail FROM event_log WHERE kind = 'attached'",
                R"({"output_offset":0,"columns":100,"rows":30})");
  auto study = std::make_shared<Study>(*environment.study);
  study->design.records_addresses = true;
  environment.study = study;
  say(hello);
  expect_stored("SELECT count(*) FROM event_log WHERE json_extract(detail, '$.address') = '127.0.0.1'", "1");
}

TEST_F(ObservationTest, ManyAreAllRecordedAndThePageHasToWait) {
  begin_task();
  for (int i = 0; i < 1000; ++i) session->on_text(port, hidden);
  for (int i = 0; i < 1000; ++i) session->on_text(port, times_of("s"));
  EXPECT_EQ(session->pause(), seconds(0)) << "a page sends this many after an interruption";
  for (int i = 0; i < 100; ++i) session->on_text(port, hidden);
  EXPECT_EQ(session->pause(), seconds(1));
  for (int i = 0; i < 100; ++i) session->on_text(port, times_of("s"));
  EXPECT_EQ(session->pause(), seconds(2));
  loop.advance(seconds(2));
  EXPECT_EQ(session->pause(), seconds(0));
  expect_stored("SELECT count(*) FROM events WHERE kind = 'visibility'", "1100");
  expect_stored("SELECT count(*) FROM events WHERE kind = 'input_times'", "1100");
  EXPECT_EQ(port.count("error"), 0);
}

TEST_F(ObservationTest, ASandboxThatDoesNotStartIsAnEvent) {
  backend.is_unavailable = true;
  open();
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  say(R"({"type":"start_task","id":4,"task":1})");
  expect_stored(
      "SELECT detail FROM event_log WHERE kind = 'sandbox_failed' AND task_number IS NULL",
      R"x({"task_number":1,"when":"start","reason":"no room for a sandbox (free some memory)","reference":")x" +
          std::string(port.last("error")["reference"].as_string()) + "\"}");
  EXPECT_EQ(stored("SELECT count(*) FROM results"), "0");
}

TEST_F(ObservationTest, WithoutASandboxAfterATakeOverTheClockIsStopped) {
  begin_task();
  loop.advance(seconds(20));
  session.reset();
  loop.run_until_idle();
  // The worker has died. The next one cannot start a sandbox for longer than the task lasts.
  backend.is_unavailable = true;
  store->run([&](StoreTransaction& t) { t.register_worker(identify_this_process("w2"), now()); });
  environment.worker = "w2";
  loop.advance(seconds(4));
  port.forget();
  open("w2");
  loop.advance(seconds(200));
  EXPECT_EQ(stored("SELECT state FROM results"), "running");
  expect_stored("SELECT count(*) > 0 FROM event_log WHERE kind = 'sandbox_failed' AND task_number = 1", "1");
  backend.is_unavailable = false;
  loop.advance(seconds(3));
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  const double left = port.last("welcome")["state"].at("task").at("time_left_in_seconds").to_number<double>();
  EXPECT_GT(left, 30);
  loop.advance(seconds(61));
  ASSERT_TRUE(wait_for("state"));
  EXPECT_EQ(stored("SELECT state FROM results"), "timed_out");
}

}  // namespace
}  // namespace tellina::testing
