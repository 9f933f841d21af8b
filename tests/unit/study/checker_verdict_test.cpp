#include "host/study/checker_verdict.hpp"

#include <gmock/gmock.h>

#include "host/study/command_lines.hpp"

namespace tellina {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

RunResult ended(int status, const std::string& output = "") {
  RunResult result;
  result.end = ExitStatus(false, status);
  result.output = output;
  return result;
}

CheckerVerdict verdict(const RunResult& result) { return read_verdict(result, std::chrono::milliseconds(2500)); }

TEST(CheckerVerdictTest, TheStatusDecides) {
  EXPECT_TRUE(verdict(ended(0)).progress->passed);
  EXPECT_FALSE(verdict(ended(1)).progress->passed);
  EXPECT_TRUE(verdict(ended(0, "some text\nmore text\n")).progress->passed);
  EXPECT_EQ(verdict(ended(1, "")).progress->detail, "[]");
}

TEST(CheckerVerdictTest, TheLastLineIsTheResult) {
  const CheckerVerdict found =
      verdict(ended(1,
                    "{not this one}\n"
                    R"({"matched": 3, "missing": 1, "extra": 2, "incorrect": 4, "score": 0.75, "new": [], "detail": [)"
                    R"({"path": "html.tar", "status": "incorrect"}, {"path": "a", "status": "missing"}]})"
                    "\r\n\n"));
  ASSERT_TRUE(found.progress) << found.failure;
  EXPECT_EQ(found.progress->matched, 3);
  EXPECT_EQ(found.progress->missing, 1);
  EXPECT_EQ(found.progress->extra, 2);
  EXPECT_EQ(found.progress->incorrect, 4);
  EXPECT_EQ(found.progress->score, 0.75);
  EXPECT_EQ(found.progress->detail, R"([{"path":"html.tar","status":"incorrect"}])");
  EXPECT_EQ(found.progress->missing_detail, R"([{"path":"a","status":"missing"}])");
  EXPECT_EQ(verdict(ended(0, R"({"score": 1})")).progress->score, 1);
}

TEST(CheckerVerdictTest, AnyOtherEndIsAFailureWithAReason) {
  EXPECT_EQ(verdict(ended(2)).failure, "expected status 0 (passed) or 1 (not passed), got 2");
  EXPECT_EQ(verdict(ended(127)).failure, "expected status 0 (passed) or 1 (not passed), got 127");
  RunResult killed;
  killed.end = ExitStatus(true, 9);
  EXPECT_EQ(verdict(killed).failure, "signal 9 ended it");
  killed.timed_out = true;
  EXPECT_EQ(verdict(killed).failure, "it ran longer than 2.5 s");
  RunResult large;
  large.end = ExitStatus(true, 9);
  large.truncated = true;
  EXPECT_EQ(verdict(large).failure, "it printed more than 64 KiB");
}

TEST(CheckerVerdictTest, AResultThatIsNotOneIsAFailure) {
  const std::pair<const char*, const char*> table[] = {
      {"{", "the last line of its output: expected a JSON object, got \"{\": "},
      {"{\"matched\": 1} x", "the last line of its output: expected a JSON object, got "},
      {R"({"matched": -1})", R"(matched: expected a whole number from 0 to 999999, got "-1")"},
      {R"({"missing": 1000000})", R"(missing: expected a whole number from 0 to 999999, got "1000000")"},
      {R"({"extra": 1.5})", "extra: expected a whole number from 0 to 999999, got "},
      {R"({"incorrect": "1"})", "incorrect: expected a whole number from 0 to 999999, got "},
      {R"({"score": 1.01})", "score: expected a number from 0 to 1, got "},
      {R"({"score": null})", "score: expected a number from 0 to 1, got "},
      {R"({"score": 1e999})", "score: expected a number from 0 to 1, got "},
      {R"({"detail": {}})", "detail: expected a list, got "},
      {R"({"detail": ["a"]})", "detail[0]: expected an object with "},
      {R"({"detail": [{"path": "a", "status": "passed"}]})", "detail[0]: expected "},
      {R"({"detail": [{"path": "a", "status": "extra"}, {"status": "extra"}]})", "detail[1]: expected "},
      {R"({"detail": [{"path": "a", "status": "extra"}, {"line": "b", "status": "extra"}]})",
       "detail[1]: expected only paths or only lines, got "},
  };
  for (const auto& [line, reason] : table) {
    const CheckerVerdict found = verdict(ended(0, std::string("text\n") + line + "\n"));
    EXPECT_FALSE(found.progress) << line;
    EXPECT_THAT(found.failure, StartsWith(reason)) << line;
  }
  std::string deep = "{\"detail\":" + std::string(10'000, '[');
  EXPECT_THAT(verdict(ended(0, deep)).failure, StartsWith("the last line of its output: expected a JSON object"));
}

TEST(CheckerVerdictTest, DetailsStayWithinTheirLimits) {
  std::string result = R"({"detail": [)";
  for (int i = 0; i < 900; ++i) result += R"({"line": ")" + std::string(60, 'x') + R"(", "status": "extra"},)";
  result.back() = ']';
  const CheckerVerdict found = verdict(ended(1, result + "}"));
  ASSERT_TRUE(found.progress) << found.failure;
  EXPECT_LE(found.progress->detail.size(), 32U * 1024);
  EXPECT_THAT(found.progress->detail, HasSubstr("\"line\""));
}

TEST(CommandLinesTest, ACommandIsOneLineOfJson) {
  CommandRecord command;
  command.number = 3;
  command.text = "printf 'a\nb'";
  command.cwd = "/home/me/\xff";
  command.output = Bytes("a\0\xff", 3);
  EXPECT_EQ(command_line_of(command),
            "{\"number\":3,\"text\":\"printf 'a\\nb'\",\"cwd\":\"/home/me/\xef\xbf\xbd\",\"exit_status\":null,"
            "\"output_base64\":\"YQD/\"}\n");
  command.exit_status = 2;
  command.typed = "x";
  command.printed = "";
  EXPECT_THAT(command_line_of(command), HasSubstr("\"exit_status\":2,\"output_base64\":\"\"}"));
}

}  // namespace
}  // namespace tellina
