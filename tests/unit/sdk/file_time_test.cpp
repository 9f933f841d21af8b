#include "tellina/file_time.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace tellina {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::int64_t last_second = 9'223'372'035;

TEST(FileTime, IsExactWhereAWallTimeCanHoldIt) {
  EXPECT_EQ(file_time(0, 0), WallTime());
  EXPECT_EQ(file_time(1'700'000'000, 123'456'789), WallTime(seconds(1'700'000'000) + nanoseconds(123'456'789)));
  EXPECT_EQ(file_time(-1, 999'999'999), WallTime(nanoseconds(-1)));
  EXPECT_EQ(file_time(last_second - 1, 999'999'999), WallTime(seconds(last_second) - nanoseconds(1)));
}

TEST(FileTime, StopsAtTheFirstAndTheLastSecond) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t year_1 = -62'135'596'800;
  for (const std::int64_t beyond : {last_second, last_second + 1, std::int64_t{1} << 62, most}) {
    EXPECT_EQ(file_time(beyond, 999'999'999), WallTime(seconds(last_second))) << beyond;
    EXPECT_EQ(file_time(-beyond, 999'999'999), WallTime(seconds(-last_second))) << beyond;
  }
  EXPECT_EQ(file_time(year_1, 0), WallTime(seconds(-last_second)));
  EXPECT_EQ(file_time(std::numeric_limits<std::int64_t>::min(), 0), WallTime(seconds(-last_second)));
  // Converts back to the parts, which the code that writes a tree needs.
  const WallTime first = file_time(year_1, 0);
  EXPECT_EQ(first - std::chrono::floor<seconds>(first), nanoseconds(0));
}

TEST(FileTime, KeepsNanosecondsWithinTheirSecond) {
  EXPECT_EQ(file_time(5, 4'294'967'295), WallTime(seconds(5) + nanoseconds(999'999'999)));
  EXPECT_EQ(file_time(5, -1), WallTime(seconds(5)));
}

}  // namespace
}  // namespace tellina
