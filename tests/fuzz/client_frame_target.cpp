#include <boost/json.hpp>

#include "fuzz/target.hpp"
#include "host/wire/data_frame.hpp"
#include "host/wire/server_frames.hpp"

namespace tellina::fuzz {
namespace {

void expect_json(const std::string& frame) {
  boost::system::error_code error;
  boost::json::parse(frame, error);
  FUZZ_EXPECT(!error);
  // The client must be able to read every answer.
  decode_server_frame(frame);
}

void expect_terminal_size(const TerminalSize& size) { FUZZ_EXPECT(size.columns > 0 && size.rows > 0); }

}  // namespace

/// Frames of `tellina.v1` from a page: understood, or answered with an error that a page can read.
FUZZ_TARGET(client_frame) {
  if (has_frame_header(input)) {
    Bytes copy(input);
    set_frame_offset(copy, frame_offset(input));
    FUZZ_EXPECT(copy == input && data_frame(frame_offset(input), frame_bytes(input)) == input);
  }
  const ClientFrame frame = decode_client_frame(input);
  if (const auto* bad = std::get_if<BadFrame>(&frame)) {
    FUZZ_EXPECT(!bad->message.empty());
    expect_json(error_frame("bad_message", bad->message, bad->id));
  } else if (const auto* hello = std::get_if<HelloFrame>(&frame)) {
    expect_terminal_size(hello->size);
    FUZZ_EXPECT(std::holds_alternative<HelloFrame>(decode_client_frame(encode_frame(*hello))));
  } else if (const auto* seen = std::get_if<SandboxSeenFrame>(&frame)) {
    FUZZ_EXPECT(std::holds_alternative<SandboxSeenFrame>(decode_client_frame(encode_frame(*seen))));
  } else if (const auto* resize = std::get_if<ResizeFrame>(&frame)) {
    expect_terminal_size(resize->size);
  } else if (const auto* start = std::get_if<StartTaskFrame>(&frame)) {
    FUZZ_EXPECT(start->task >= 1);
    expect_json(welcome_frame(start->id, "s", "b", 0, 0, 0, "{}"));
  } else if (const auto* reset = std::get_if<ResetFrame>(&frame)) {
    expect_json(done_frame(reset->id));
  } else if (const auto* submit = std::get_if<SubmitFrame>(&frame)) {
    FUZZ_EXPECT(submit->task >= 1);
    expect_json(done_frame(submit->id));
  } else if (const auto* give_up = std::get_if<GiveUpFrame>(&frame)) {
    expect_json(done_frame(give_up->id));
  } else if (const auto* ping = std::get_if<PingFrame>(&frame)) {
    expect_json(pong_frame(ping->t, 0, 0, 0));
  } else if (const auto* report = std::get_if<ObservationFrame>(&frame)) {
    boost::system::error_code error;
    boost::json::parse(report->detail, error);
    FUZZ_EXPECT(!error);
  }
}

}  // namespace tellina::fuzz
