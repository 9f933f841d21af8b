#include "host/runtime/limited_log.hpp"

#include <gmock/gmock.h>

#include "support/collecting_log.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;

class LimitedLogTest : public ::testing::Test {
 protected:
  static MonotonicTime at(int second) { return MonotonicTime(seconds(second)); }

  CollectingLog log;
  LimitedLog limited{log, seconds(60)};
};

TEST_F(LimitedLogTest, WritesOneLineOfEachKindPerIntervalAndCountsTheOthers) {
  for (int second = 100; second < 160; ++second) limited.warning("a", "a at " + std::to_string(second), at(second));
  limited.write(LogLevel::error, "b", "b", at(159));
  EXPECT_THAT(log.lines(), ElementsAre("a at 100", "b"));
  limited.warning("a", "a at 160", at(160));
  limited.warning("a", "a at 500", at(500));
  EXPECT_THAT(log.lines(), ElementsAre("a at 100", "b", "a at 160 (and 59 more like this before)", "a at 500"));
}

TEST_F(LimitedLogTest, CountsEventsByTheirNames) {
  const auto write = [&](const char* name, int participant, int second) {
    limited.write(LogLevel::error, LogEvent(name).add_participant(participant), at(second));
  };
  for (int participant = 1; participant <= 50; ++participant) write("sandbox_failed", participant, 100);
  write("session_failed", 7, 100);
  write("sandbox_failed", 3, 160);
  write("sandbox_failed", 4, 220);
  EXPECT_THAT(log.lines(), ElementsAre("event=sandbox_failed participant=P001", "event=session_failed participant=P007",
                                       "event=sandbox_failed participant=P003 left_out=49",
                                       "event=sandbox_failed participant=P004"));
}

}  // namespace
}  // namespace tellina::testing
