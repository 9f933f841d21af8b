#include "host/wire/server_frames.hpp"

#include <gtest/gtest.h>

#include "host/limits.hpp"
#include "host/wire/frame_fields.hpp"
#include "host/wire/protocol.hpp"

namespace tellina {
namespace {

constexpr const char* running =
    R"({"state":"running","state_number":3,"task":{"number":2,"total":3},"previous":null,"outcomes":[]})";

template <typename Frame>
Frame decoded(const std::string& text) {
  return std::get<Frame>(decode_server_frame(text));
}

TEST(ServerFrames, RoundTrip) {
  const auto welcome = decoded<WelcomeFrame>(welcome_frame("1", "s", "b", 2, 3, 4, running));
  EXPECT_EQ(welcome.id, "1");
  EXPECT_EQ(welcome.stream, "s");
  EXPECT_EQ(welcome.sandbox, "b");
  EXPECT_EQ(welcome.input_offset, 2U);
  EXPECT_EQ(welcome.output_offset, 3U);
  EXPECT_EQ(welcome.answered_offset, 4U);
  EXPECT_EQ(decode_study_state(welcome.state).task, 2);
  EXPECT_EQ(decoded<WelcomeFrame>(welcome_frame("", "", "", 0, 0, 0, "{}")).id, "");
  EXPECT_EQ(decoded<StateFrame>(state_frame(running)).state, running);
  EXPECT_EQ(decoded<InputAckFrame>(input_ack_frame(limits::stream_offset)).input_offset, limits::stream_offset);
  ProgressFrame progress;
  progress.matched = 1;
  progress.missing = 2;
  progress.extra = 3;
  progress.incorrect = 4;
  progress.detail = R"([{"path":"a","status":"matched"}])";
  const auto check = decoded<ProgressFrame>(progress_frame(progress));
  EXPECT_EQ(check.matched, 1);
  EXPECT_EQ(check.missing, 2);
  EXPECT_EQ(check.extra, 3);
  EXPECT_EQ(check.incorrect, 4);
  EXPECT_EQ(check.detail, progress.detail);
  EXPECT_FALSE(check.too_much_output || check.changed_names || check.extra_counts);
  for (bool ProgressFrame::*const flag :
       {&ProgressFrame::too_much_output, &ProgressFrame::changed_names, &ProgressFrame::extra_counts}) {
    ProgressFrame flagged = progress;
    flagged.*flag = true;
    EXPECT_TRUE(decoded<ProgressFrame>(progress_frame(flagged)).*flag);
  }
  EXPECT_EQ(decoded<DoneFrame>(done_frame("\"x\"", "b")).id, "\"x\"");
  EXPECT_EQ(decoded<DoneFrame>(done_frame("7", "b")).sandbox, "b");
  EXPECT_EQ(decoded<DoneFrame>(done_frame("7")).sandbox, "");
  EXPECT_EQ(decoded<SandboxReplacedFrame>(sandbox_replaced_frame("b")).sandbox, "b");
  EXPECT_NO_THROW(decoded<ReplacedFrame>(replaced_frame()));
  const auto error = decoded<ErrorFrame>(error_frame("busy", "a \"b\"", "7", "3F7A"));
  EXPECT_EQ(error.code, "busy");
  EXPECT_EQ(error.message, "a \"b\"");
  EXPECT_EQ(error.id, "7");
  EXPECT_EQ(error.reference, "3F7A");
  const auto pong = decoded<PongFrame>(pong_frame("1.5E0", 2, 3, 4));
  EXPECT_EQ(pong.t, "1.5E0");
  EXPECT_EQ(pong.input_offset, 2U);
  EXPECT_EQ(pong.output_offset, 3U);
  EXPECT_EQ(pong.state_number, 4U);
}

TEST(ServerFrames, OfAnUnknownTypeAreIgnoredAndMalformedOnesAreErrors) {
  EXPECT_EQ(decoded<UnknownFrame>(R"({"type":"weather","sun":true})").type, "weather");
  for (const char* text : {"", "[]", "{}", R"({"type":3})", R"({"type":"input_ack"})",
                           R"({"type":"input_ack","input_offset":-1})", R"({"type":"welcome","input_offset":0})",
                           R"({"type":"error","code":"busy"})", R"({"type":"done"})", R"({"type":"pong","t":1})"}) {
    EXPECT_THROW(decode_server_frame(text), FrameError) << text;
  }
}

TEST(StudyState, HasTheTaskAndThePreviousOutcome) {
  const StudyState ready = decode_study_state(
      R"({"state":"ready","state_number":4,"task":{"number":2},"previous":{"number":1,"state":"passed"}})");
  EXPECT_EQ(ready.state, "ready");
  EXPECT_EQ(ready.task, 2);
  EXPECT_EQ(ready.previous_task, 1);
  EXPECT_EQ(ready.previous_end, "passed");
  EXPECT_EQ(decode_study_state(running).previous_task, 0);
  EXPECT_EQ(decode_study_state(R"({"state":"finished","task":null})").task, 0);
  EXPECT_THROW(decode_study_state("{}"), FrameError);
}

}  // namespace
}  // namespace tellina
