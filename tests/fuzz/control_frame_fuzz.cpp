/// The text frames of a page: the page can read the server's answer to any of them.

#include <boost/json.hpp>

#include "fuzz/texts.hpp"
#include "host/wire/server_frames.hpp"

namespace tellina::fuzz {
namespace {

Texts texts() {
  return Texts(
      {R"({"type":"hello","columns":80,"rows":24,"output_offset":0,"stream":"s","input_offset":3})",
       R"({"type":"start_task","id":1,"task":1})", R"({"type":"resize","columns":80,"rows":24})",
       R"({"type":"ack","output_offset":65536})", R"({"type":"reset","id":"r-1"})", R"({"type":"give_up","id":2.5})",
       R"({"type":"ping","t":1234.5})",
       R"({"type":"input_times","stream":"s","from_offset":0,"to_offset":2,"offset":0,"at":1700000000000,"times":[[0,1.5],[1,2]]})",
       R"({"type":"observation","kind":"visibility","at":1700000000000,"hidden":true})",
       R"({"type":"observation","kind":"paste","at":1,"stream":"s","offset":1,"size":5})"},
      {"{",
       "}",
       "[",
       "]",
       ":",
       ",",
       "\"",
       "\\",
       "\\ud800",
       "\\u0000",
       "null",
       "true",
       "-1",
       "0",
       "1e400",
       "-0.0",
       "1e-400",
       "18446744073709551616",
       "9007199254740992",
       "0.1",
       "\"type\":",
       "\"id\":",
       "\"t\":",
       "\"columns\":",
       "\"kind\":",
       "\"observation\"",
       "\"input_times\"",
       "\"x\"",
       "\xc3",
       "\xc3\xa9",
       "\xf0\x9f\x98\x80",
       "\xff",
       std::string(1, '\0'),
       std::string(40, '['),
       std::string(56, 'a') + "\xc3\xa9\xc3\xa9\xc3\xa9",
       std::string(300, 'i')});
}

void expect_json(const std::string& frame, const std::string& text) {
  boost::system::error_code error;
  boost::json::parse(frame, error);
  EXPECT_FALSE(error) << shown(frame) << " in answer to " << shown(text);
}

TEST(ControlFrame, IsUnderstoodOrAnsweredInJson) {
  Texts some = texts();
  std::size_t understood = 0;
  for (int left = Texts::rounds(40'000); left > 0; --left) {
    const std::string text = some.next();
    const ClientFrame frame = decode_client_frame(text);
    if (const auto* bad = std::get_if<BadFrame>(&frame)) {
      EXPECT_FALSE(bad->message.empty()) << shown(text);
      expect_json(error_frame("bad_message", bad->message, bad->id), text);
      continue;
    }
    ++understood;
    if (const auto* ping = std::get_if<PingFrame>(&frame)) expect_json(pong_frame(ping->t, 0, 0, 0), text);
    if (const auto* reset = std::get_if<ResetFrame>(&frame)) expect_json(done_frame(reset->id), text);
    if (const auto* start = std::get_if<StartTaskFrame>(&frame)) {
      EXPECT_GE(start->task, 1) << shown(text);
      expect_json(welcome_frame(start->id, "s", "b", 0, 0, 0, "{}"), text);
    }
    if (const auto* report = std::get_if<ObservationFrame>(&frame)) expect_json(report->detail, text);
  }
  EXPECT_GT(understood, 100U) << "the texts are too far from frames to test anything";
}

}  // namespace
}  // namespace tellina::fuzz
