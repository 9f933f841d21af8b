#include "host/runtime/stderr_log.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <regex>

#include "host/runtime/system.hpp"

namespace tellina {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class LogTest : public ::testing::Test {
 protected:
  ~LogTest() override { unsetenv("JOURNAL_STREAM"); }

  template <typename Call>
  std::string written(Call call, LogSettings settings = {}) {
    StderrLog log(m_clock, settings);
    ::testing::internal::CaptureStderr();
    call(log);
    return ::testing::internal::GetCapturedStderr();
  }

  SystemClock m_clock;
};

TEST_F(LogTest, WritesOneLineWithTimeLevelAndName) {
  const std::string text = written([](Log& log) {
    NamedLog named(log, "channel layer \"memory\"");
    named.warning("something is odd");
    named.debug("not told by default");
  });
  EXPECT_TRUE(std::regex_match(text, std::regex("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z warning "
                                                "\\[channel layer \"memory\"\\] something is odd\n")))
      << text;
}

TEST_F(LogTest, LeavesOutLowerLevels) {
  const auto all = [](Log& log) {
    log.debug("a");
    log.info("b");
    log.warning("c");
    log.error("d");
    LogEvent("e").write(log);
  };
  const std::string few = written(all, {.lowest = LogLevel::error});
  EXPECT_THAT(few, EndsWith(" error d\n"));
  EXPECT_EQ(std::count(few.begin(), few.end(), '\n'), 1);
  const std::string every = written(all, {.lowest = LogLevel::debug});
  EXPECT_EQ(std::count(every.begin(), every.end(), '\n'), 5);
}

TEST_F(LogTest, AnEventHasSeparateFields) {
  const LogEvent event = LogEvent("task_ended")
                             .add("participant", "P007")
                             .add("task", 2)
                             .add("seconds", std::chrono::milliseconds(1500))
                             .add("reason", "it said \"no\"\nand left")
                             .add("empty", "");
  EXPECT_EQ(
      event.text(),
      "event=task_ended participant=P007 task=2 seconds=1.500 reason=\"it said \\\"no\\\"\\nand left\" empty=\"\"");
  EXPECT_THAT(written([&](Log& log) { event.write(log); }), EndsWith("Z info " + event.text() + "\n"));
}

TEST_F(LogTest, NoControlCharacterReachesTheTerminalThatShowsTheLog) {
  for (const LogFormat format : {LogFormat::text, LogFormat::json}) {
    for (int code = 0; code < 0x20; ++code) {
      const std::string name{'a', static_cast<char>(code), '\x7f'};
      const std::string line =
          written([&](Log& log) { LogEvent("e").add("name", name).write(log); }, {.format = format});
      EXPECT_EQ(std::count_if(line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }), 1)
          << "code " << code;
    }
  }
}

TEST_F(LogTest, JsonHasOneObjectALine) {
  const LogSettings json{.format = LogFormat::json};
  const std::string event = written(
      [](Log& log) { LogEvent("task_ended").add("participant", "P007").add("task", 2).write(log, LogLevel::warning); },
      json);
  EXPECT_THAT(event, StartsWith("{\"time\":\"20"));
  EXPECT_THAT(event,
              EndsWith("Z\",\"level\":\"warning\",\"event\":\"task_ended\",\"participant\":\"P007\",\"task\":2}\n"));
  const std::string line = written([](Log& log) { log.error("two\nlines, \"quotes\", \xff and \xc3\xa4"); }, json);
  EXPECT_THAT(
      line, EndsWith("\"level\":\"error\",\"message\":\"two\\nlines, \\\"quotes\\\", \xef\xbf\xbd and \xc3\xa4\"}\n"));
}

TEST_F(LogTest, TheJournalGetsThePriorityOfEveryLine) {
  const std::string text = written(
      [](Log& log) {
        log.info("a");
        log.warning("b\nc");
        LogEvent("d").write(log, LogLevel::error);
      },
      {.has_priorities = true});
  EXPECT_TRUE(std::regex_match(text, std::regex("<6>\\S+Z info a\n<4>\\S+Z warning b\n<4>c\n<3>\\S+Z error event=d\n")))
      << text;
}

TEST_F(LogTest, DistinguishesTheJournalFromOtherOutputs) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  unsetenv("JOURNAL_STREAM");
  EXPECT_FALSE(is_journal(ends[1]));
  struct stat status {};
  ASSERT_EQ(fstat(ends[1], &status), 0);
  const std::string named = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  setenv("JOURNAL_STREAM", named.c_str(), 1);
  EXPECT_TRUE(is_journal(ends[1]));
  setenv("JOURNAL_STREAM", (named + "0").c_str(), 1);
  EXPECT_FALSE(is_journal(ends[1])) << "JOURNAL_STREAM is inherited, and names another stream";
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace tellina
