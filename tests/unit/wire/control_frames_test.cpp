#include "host/limits.hpp"
#include "host/wire/client_frames.hpp"
#include "host/wire/protocol.hpp"
#include "host/wire/server_frames.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace tellina {
namespace {

BadFrame bad(std::string_view text) {
  const ClientFrame frame = decode_client_frame(text);
  const auto* found = std::get_if<BadFrame>(&frame);
  EXPECT_TRUE(found) << text;
  return found ? *found : BadFrame();
}

TEST(ControlFrames, ReportWhatIsInvalid) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"[]", "expected a JSON object, got []"},
      {"{}", "type: expected a string, got nothing"},
      {R"({"type":3})", "type: expected a string, got 3"},
      {R"({"type":"jump"})",
       "type: expected hello, sandbox_seen, start_task, resize, ack, reset, give_up, submit, step_answer, step_done, "
       "withdraw, "
       "show_solution, ping, input_times or observation, "
       "got \"jump\""},
      {R"({"type":"ack"})", "output_offset: expected a whole number from 0 to 9007199254740991, got nothing"},
      {R"({"type":"ack","output_offset":-1})",
       "output_offset: expected a whole number from 0 to 9007199254740991, got -1"},
      {R"({"type":"ack","output_offset":"1"})",
       "output_offset: expected a whole number from 0 to 9007199254740991, got \"1\""},
      {R"({"type":"ack","output_offset":9007199254740992})",
       "output_offset: expected a whole number from 0 to 9007199254740991, got 9007199254740992"},
      {R"({"type":"resize","columns":0,"rows":1})", "columns: expected a whole number from 1 to 1000, got 0"},
      {R"({"type":"resize","columns":1,"rows":1001})", "rows: expected a whole number from 1 to 1000, got 1001"},
      {R"({"type":"resize","columns":1.5,"rows":1})", "columns: expected a whole number from 1 to 1000, got 1.5E0"},
      {R"({"type":"hello","columns":80,"rows":24})",
       "output_offset: expected a whole number from 0 to 9007199254740991, got nothing"},
      {R"({"type":"hello","columns":80,"rows":24,"output_offset":0,"stream":5})", "stream: expected a string, got 5"},
      {R"({"type":"hello","columns":80,"rows":24,"output_offset":0,"timezone":5})",
       "timezone: expected a string of at most 64 bytes, got 5"},
      {R"({"type":"hello","columns":80,"rows":24,"output_offset":0,"timezone":"../../etc/passwd"})",
       "timezone: expected a name such as \"Europe/Berlin\", got \"../../etc/passwd\""},
      {R"({"type":"hello","columns":80,"rows":24,"output_offset":0,"timezone":"/etc/localtime"})",
       "timezone: expected a name such as \"Europe/Berlin\", got \"/etc/localtime\""},
      {R"({"type":"hello","columns":80,"rows":24,"output_offset":0,"timezone":"Europe//Berlin"})",
       "timezone: expected a name such as \"Europe/Berlin\", got \"Europe//Berlin\""},
      {R"({"type":"hello","columns":80,"rows":24,"output_offset":0,"timezone":"Europe/"})",
       "timezone: expected a name such as \"Europe/Berlin\", got \"Europe/\""},
      {R"({"type":"hello","columns":80,"rows":24,"output_offset":0,"timezone":"UTC=x"})",
       "timezone: expected a name such as \"Europe/Berlin\", got \"UTC=x\""},
      {R"({"type":"reset"})", "id: expected a string or a number, got nothing"},
      {R"({"type":"give_up","id":[]})", "id: expected a string or a number, got []"},
      {R"({"type":"give_up","id":1,"task":0})", "task: expected a whole number from 1 to 1000000, got 0"},
      {R"({"type":"reset","id":1,"task":"1"})", "task: expected a whole number from 1 to 1000000, got \"1\""},
      {R"({"type":"start_task","id":1})", "task: expected a whole number from 1 to 1000000, got nothing"},
      {R"({"type":"submit","id":1})", "task: expected a whole number from 1 to 1000000, got nothing"},
      {R"({"type":"ping","t":true})", "t: expected a number, got true"},
      {R"({"type":"ping","t":1e400})", "t: expected a number, got Infinity"},
  };
  for (const auto& [text, message] : table) EXPECT_EQ(bad(text).message, message) << text;
  EXPECT_EQ(bad("{").message.rfind("expected a JSON object, got text that is not JSON: ", 0), 0U);
  EXPECT_EQ(bad("\"\xff\"").message.rfind("expected a JSON object, got text that is not JSON: ", 0), 0U);
  EXPECT_EQ(bad(std::string(100'000, '[')).message.rfind("expected a JSON object, got text that is not JSON: ", 0), 0U);
}

TEST(ControlFrames, KeepTheIdOfABadRequest) {
  EXPECT_EQ(bad(R"({"type":"start_task","id":"x","task":0})").id, "\"x\"");
  EXPECT_EQ(bad(R"({"type":"start_task","id":{},"task":0})").id, "");
  EXPECT_EQ(bad(R"({"type":"reset","id":-1e400})").id, "") << "JSON cannot represent this id";
  EXPECT_EQ(bad("{\"type\":\"reset\",\"id\":\"" + std::string(200, 'x') + "\"}").message,
            "id: expected at most 200 bytes, got more");
}

TEST(ControlFrames, CutLongValuesBetweenCharacters) {
  for (int shift = 0; shift < 4; ++shift) {
    std::string name(static_cast<std::size_t>(shift), 'a');
    for (int i = 0; i < 40; ++i) name += "\xf0\x9f\x90\x9a";
    const std::string message = bad("{\"type\":\"" + name + "\"}").message;
    EXPECT_EQ(message.substr(message.size() - 7, 4), "\xf0\x9f\x90\x9a");
    EXPECT_EQ(message.substr(message.size() - 3), "...");
  }
}

TEST(ControlFrames, AreUnderstood) {
  const ClientFrame hello = decode_client_frame(
      R"({"type":"hello","columns":3e2,"rows":24,"output_offset":5.0,"stream":"s","input_offset":7,"new":1,"timezone":"America/Argentina/Buenos_Aires"})");
  EXPECT_EQ(std::get<HelloFrame>(hello).size, TerminalSize(300, 24));
  EXPECT_EQ(std::get<HelloFrame>(hello).output_offset, 5U);
  EXPECT_EQ(std::get<HelloFrame>(hello).stream, "s");
  EXPECT_EQ(std::get<HelloFrame>(hello).input_offset, 7U);
  EXPECT_EQ(std::get<HelloFrame>(hello).timezone, "America/Argentina/Buenos_Aires");
  EXPECT_EQ(std::get<StartTaskFrame>(decode_client_frame(R"({"type":"start_task","id":-3,"task":2})")).id, "-3");
  EXPECT_EQ(std::get<PingFrame>(decode_client_frame(R"({"type":"ping","t":17})")).t, "17");
  EXPECT_EQ(std::get<GiveUpFrame>(decode_client_frame(R"({"type":"give_up","id":"\u0000\""})")).id, R"("\u0000\"")");
}

TEST(ControlFrames, OfAClientRoundTrip) {
  HelloFrame hello;
  hello.size = TerminalSize(120, 40);
  hello.output_offset = limits::stream_offset;
  hello.stream = "s-1";
  hello.input_offset = 7;
  hello.timezone = "Europe/Berlin";
  hello.participant = "17";
  hello.sandbox = "";
  const auto greeting = std::get<HelloFrame>(decode_client_frame(encode_frame(hello)));
  EXPECT_EQ(greeting.size, hello.size);
  EXPECT_EQ(greeting.output_offset, hello.output_offset);
  EXPECT_EQ(greeting.stream, hello.stream);
  EXPECT_EQ(greeting.input_offset, hello.input_offset);
  EXPECT_EQ(greeting.timezone, hello.timezone);
  EXPECT_EQ(greeting.participant, hello.participant);
  EXPECT_EQ(greeting.sandbox, hello.sandbox);
  EXPECT_FALSE(std::get<HelloFrame>(decode_client_frame(encode_frame(HelloFrame()))).stream);
  SandboxSeenFrame seen;
  seen.sandbox = "b";
  seen.input_offset = 3;
  EXPECT_EQ(std::get<SandboxSeenFrame>(decode_client_frame(encode_frame(seen))).sandbox, "b");
  EXPECT_EQ(std::get<SandboxSeenFrame>(decode_client_frame(encode_frame(seen))).input_offset, 3U);
  StartTaskFrame start;
  start.id = "\"a\"";
  start.task = 2;
  EXPECT_EQ(std::get<StartTaskFrame>(decode_client_frame(encode_frame(start))).id, start.id);
  EXPECT_EQ(std::get<StartTaskFrame>(decode_client_frame(encode_frame(start))).task, 2);
  ResetFrame reset;
  reset.id = "1";
  EXPECT_FALSE(std::get<ResetFrame>(decode_client_frame(encode_frame(reset))).task);
  GiveUpFrame give_up;
  give_up.id = "1";
  give_up.task = 3;
  EXPECT_EQ(std::get<GiveUpFrame>(decode_client_frame(encode_frame(give_up))).task, 3);
  SubmitFrame submit;
  submit.id = "\"s\"";
  submit.task = 4;
  const auto handed_in = std::get<SubmitFrame>(decode_client_frame(encode_frame(submit)));
  EXPECT_EQ(handed_in.id, submit.id);
  EXPECT_EQ(handed_in.task, 4);
  ResizeFrame resize;
  resize.size = TerminalSize(limits::terminal_cells, 1);
  EXPECT_EQ(std::get<ResizeFrame>(decode_client_frame(encode_frame(resize))).size, resize.size);
  AckFrame ack;
  ack.output_offset = 9;
  EXPECT_EQ(std::get<AckFrame>(decode_client_frame(encode_frame(ack))).output_offset, 9U);
  PingFrame ping;
  ping.t = "1.5E0";
  EXPECT_EQ(std::get<PingFrame>(decode_client_frame(encode_frame(ping))).t, "1.5E0");
}

TEST(ControlFrames, AreWritten) {
  EXPECT_EQ(
      welcome_frame("1", "s", "b", 2, 3, 4, "{}"),
      R"({"type":"welcome","id":1,"stream":"s","sandbox":"b","input_offset":2,"output_offset":3,"answered_offset":4,"state":{}})");
  EXPECT_EQ(error_frame("busy", "a \"b\"", ""), R"({"type":"error","code":"busy","message":"a \"b\""})");
  EXPECT_EQ(pong_frame("1", 2, 3, 4), R"({"type":"pong","t":1,"input_offset":2,"output_offset":3,"state_number":4})");
}

}  // namespace
}  // namespace tellina
