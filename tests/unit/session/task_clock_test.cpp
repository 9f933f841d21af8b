#include "host/session/task_clock.hpp"

#include <gtest/gtest.h>

#include "host/runtime/assertion.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;

const MonotonicTime start{std::chrono::hours(1)};

TEST(TaskClock, ChargesOnlyWhileItRuns) {
  TaskClock clock(seconds(60), seconds(5));
  EXPECT_FALSE(clock.runs());
  EXPECT_EQ(clock.charged(start), seconds(5));
  clock.start(start);
  EXPECT_EQ(clock.charged(start + seconds(10)), seconds(15));
  EXPECT_EQ(clock.deadline(), start + seconds(55));
  clock.stop(start + seconds(10));
  EXPECT_EQ(clock.charged(start + seconds(100)), seconds(15));
  clock.start(start + seconds(100));
  EXPECT_EQ(clock.deadline(), start + seconds(145));
  EXPECT_EQ(clock.started(), start + seconds(100));
}

TEST(TaskClock, ChargesAtMostTheDuration) {
  TaskClock clock(seconds(60), seconds(70));
  EXPECT_EQ(clock.charged(start), seconds(60)) << "a task that was shortened";
  TaskClock late(seconds(60), seconds(0));
  late.start(start);
  EXPECT_EQ(late.charged(start + seconds(61)), seconds(60));
  late.stop(start + seconds(61));
  EXPECT_EQ(late.charged_before(), seconds(60));
}

TEST(TaskClock, ImpossibleCallsAreAssertionFailures) {
  TaskClock clock(seconds(60), seconds(0));
  EXPECT_THROW(clock.stop(start), AssertionFailure);
  EXPECT_THROW(clock.deadline(), AssertionFailure);
  clock.start(start);
  EXPECT_THROW(clock.start(start), AssertionFailure);
  EXPECT_THROW(clock.charged(start - seconds(1)), AssertionFailure) << "time goes back";
}

}  // namespace
}  // namespace tellina::testing
