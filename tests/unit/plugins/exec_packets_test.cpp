#include "plugins/sandbox_exec/packets.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include "host/config/json_reader.hpp"
#include "plugins/sandbox_exec/line_log.hpp"
#include "plugins/sandbox_exec/packet_socket.hpp"
#include "plugins/sandbox_exec/settings.hpp"
#include "plugins/sandbox_exec/shell_end.hpp"
#include "support/collecting_log.hpp"

namespace tellina::exec_sandbox {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ExecPackets, AnAnswerHasAnIdAndEitherOkOrError) {
  std::string problem;
  EXPECT_TRUE(parse_answer(R"({"id": 7, "ok": {}})", problem));
  EXPECT_TRUE(parse_answer(R"({"id": 9007199254740991, "error": {}, "more": 1})", problem)->is_error);
  for (const char* packet :
       {"", "x", "[]", "7", R"({"ok": {}})", R"({"id": 0, "ok": {}})", R"({"id": -1, "ok": {}})",
        R"({"id": "7", "ok": {}})", R"({"id": 1.5, "ok": {}})", R"({"id": 9007199254740992, "ok": {}})", R"({"id": 7})",
        R"({"id": 7, "ok": {}, "error": {}})", R"({"id": 7, "ok": true})", R"({"id": 7, "ok": {}} {})"}) {
    problem.clear();
    EXPECT_FALSE(parse_answer(packet, problem)) << packet;
    EXPECT_FALSE(problem.empty()) << packet;
  }
}

TEST(ExecPackets, AProblemShowsAShortPieceWithoutControlCharacters) {
  std::string problem;
  EXPECT_FALSE(parse_answer("\x1b[31m\n" + std::string(5000, 'x'), problem));
  EXPECT_LT(problem.size(), 300U);
  EXPECT_EQ(problem.find_first_of("\x1b\n"), std::string::npos);
}

TEST(ExecPackets, ARequestIsAtMost64KiB) {
  EXPECT_EQ(encode_request(3, "probe", {}), R"({"id":3,"call":"probe"})");
  EXPECT_EQ(encode_request(0, "cancel", {{"request", 3}}), R"({"request":3,"call":"cancel"})");
  EXPECT_THROW(encode_request(3, "start", {{"x", std::string(largest_packet, 'x')}}), Error);
}

/// What the error of an answer says about these settings.
std::string error_of(const std::string& packet, ErrorCode code = ErrorCode::bad_config) {
  const Config settings = read_json("{\"disk\": {\n  \"sizes\": [1, \"x\"]}}", "study.json");
  std::string problem;
  try {
    parse_answer(packet, problem).value().throw_error("acme: hello", settings);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    return std::string(error.what()) + "|" + error.hint();
  }
}

TEST(ExecPackets, AWrongSettingIsNamedByItsPlace) {
  EXPECT_THAT(error_of(R"({"id": 1, "error": {"code": "bad_config", "message": "expected a number, got \"x\"",
                           "path": ["disk", "sizes", 1]}})"),
              HasSubstr("study.json:2:16: disk.sizes[1]: expected a number, got \"x\""));
  EXPECT_THAT(error_of(R"({"id": 1, "error": {"code": "bad_config", "message": "m", "path": ["disk", "none", 1]}})"),
              HasSubstr("study.json:1:10: disk: m"));
  EXPECT_THAT(error_of(R"({"id": 1, "error": {"code": "bad_config", "message": "m", "path": [["x"], -1]}})"),
              HasSubstr("study.json:1:1: "));
}

TEST(ExecPackets, AnErrorKeepsItsCodeAndHint) {
  EXPECT_EQ(error_of(R"({"id": 1, "error": {"code": "busy", "message": "no room", "hint": "wait"}})", ErrorCode::busy),
            "acme: hello: no room|wait");
  EXPECT_THAT(error_of(R"({"id": 1, "error": {"code": "tired", "message": "no"}})", ErrorCode::internal),
              HasSubstr("unknown code \"tired\""));
  EXPECT_THAT(error_of(R"({"id": 1, "error": {"code": 7, "message": []}})", ErrorCode::internal),
              HasSubstr("an error without a message"));
}

TEST(ExecPackets, AFieldOfAnotherTypeIsNamed) {
  Answer answer;
  answer.fields = {{"usable", 1}, {"removed", -1}, {"reason", true}};
  EXPECT_THROW(answer.flag("usable", false, "x"), Error);
  EXPECT_THROW(answer.count("removed", "x"), Error);
  EXPECT_THROW(answer.text("reason", "x"), Error);
  EXPECT_TRUE(answer.flag("absent", true, "x"));
}

TEST(ExecShellEnd, OnlyTheTwoFormsAreAnEnd) {
  EXPECT_EQ(parse_exit_status("exit 255")->status, 255);
  EXPECT_TRUE(parse_exit_status("signal 9")->by_signal);
  for (const char* line :
       {"", "exit", "exit ", "exit -1", "exit 256", "exit 1x", "signal 0", "signal 65", "end 1", "exit  1"}) {
    EXPECT_FALSE(parse_exit_status(line)) << line;
  }
}

class SteppedClock final : public Clock {
 public:
  MonotonicTime now() const override { return m_now; }
  WallTime wall_time() const override { return {}; }
  MonotonicTime m_now;
};

TEST(ExecLineLog, CutsLinesAndCountsThoseLeftOut) {
  testing::CollectingLog log;
  SteppedClock clock;
  clock.m_now += std::chrono::hours(1);
  LineBudget budget(log, clock, "acme: ");
  LineLog lines(budget);
  lines.add(LogLevel::info, "one\ntw");
  lines.add(LogLevel::info, "o\x1b\n\n" + std::string(5000, 'x') + "\nrest");
  lines.end(LogLevel::info);
  EXPECT_THAT(log.lines(),
              ElementsAre("acme: one", "acme: two ", "acme: " + std::string(1000, 'x') + "...", "acme: rest"));
  LineLog others(budget);
  for (int i = 0; i < 500; ++i) {
    lines.add(LogLevel::info, "again\n");
    others.add(LogLevel::warning, "and again\n");
  }
  EXPECT_EQ(log.lines().size(), 100U) << "of all logs together";
  EXPECT_TRUE(budget.report_if_due());
  clock.m_now += LineBudget::window;
  lines.add(LogLevel::info, "later\n");
  ASSERT_EQ(log.lines().size(), 102U);
  EXPECT_EQ(log.lines()[100], "acme: 904 more lines were left out");
}

TEST(ExecLineLog, SaysHowManyLinesWereLeftOutAlsoIfNoneFollows) {
  testing::CollectingLog log;
  SteppedClock clock;
  clock.m_now += std::chrono::hours(1);
  {
    LineBudget budget(log, clock, "");
    const auto talk = [&] {
      for (int i = 0; i < 105; ++i) budget.write(LogLevel::info, "again");
    };
    talk();
    EXPECT_TRUE(budget.report_if_due()) << "the window is not over";
    clock.m_now += LineBudget::window;
    EXPECT_FALSE(budget.report_if_due());
    EXPECT_EQ(log.lines().back(), "5 more lines were left out");
    talk();
  }
  EXPECT_EQ(log.lines().back(), "5 more lines were left out") << "at the end";
  EXPECT_EQ(log.lines().size(), 202U);
}

TEST(ExecPacketSocket, AnEmptyPacketIsNotTheEnd) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  EXPECT_EQ(receive_packet(reading.get()).kind, Packet::Kind::none);
  for (const char* const text : {"", "x", "", "y"}) ASSERT_TRUE(send_packet(writing.get(), text, nullptr));
  const auto expect = [&](const std::string& text) {
    const Packet packet = receive_packet(reading.get());
    EXPECT_EQ(packet.kind, Packet::Kind::complete);
    EXPECT_EQ(packet.text, text);
  };
  expect("");
  expect("x");
  writing.reset();
  expect("");
  expect("y");
  EXPECT_EQ(receive_packet(reading.get()).kind, Packet::Kind::end);
}

TEST(ExecSettings, ACommandWithASlashIsRelativeToTheConfiguration) {
  const auto settings = [](const std::string& text) { return Settings(read_json(text, "/studies/one/config.json")); };
  EXPECT_THAT(settings(R"({"command": ["./acme", "--x"]})").command, ElementsAre("/studies/one/acme", "--x"));
  EXPECT_THAT(settings(R"({"command": ["/bin/acme"]})").command, ElementsAre("/bin/acme"));
  EXPECT_THAT(settings(R"({"command": ["acme"]})").command, ElementsAre("acme"));
  EXPECT_EQ(settings(R"({"command": ["acme"]})").folder, "/studies/one");
  EXPECT_THROW(settings(R"({"command": []})"), ConfigError);
  EXPECT_THROW(settings(R"({"command": ["a\u0000b"]})"), ConfigError);
  EXPECT_THROW(settings(R"({})"), ConfigError);
}

}  // namespace
}  // namespace tellina::exec_sandbox
