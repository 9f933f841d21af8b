#include "host/runtime/system.hpp"

#include <gmock/gmock.h>

#include <ctime>
#include <regex>
#include <set>

namespace tellina {
namespace {

using namespace std::chrono_literals;

WallTime at(std::chrono::nanoseconds since_1970) { return WallTime(since_1970); }

TEST(IsoTimeTest, HasTheFormOfTheRecord) {
  EXPECT_EQ(to_iso_8601(at(0ns)), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_iso_8601(at(1'769'860'800s + 123'456'789ns)), "2026-01-31T12:00:00.123456Z");
  EXPECT_EQ(to_iso_8601(at(1'709'164'799s)), "2024-02-28T23:59:59.000000Z");
  EXPECT_EQ(to_iso_8601(at(1'709'164'800s)), "2024-02-29T00:00:00.000000Z");
}

TEST(IsoTimeTest, CutsToTheRequestedDigits) {
  const WallTime time = at(1'769'860'800s + 999'999'999ns);
  EXPECT_EQ(to_iso_8601(time, 0), "2026-01-31T12:00:00Z");
  EXPECT_EQ(to_iso_8601(time, 3), "2026-01-31T12:00:00.999Z");
  EXPECT_EQ(to_iso_8601(time, 9), "2026-01-31T12:00:00.999999999Z");
  EXPECT_EQ(to_iso_8601(at(1'769'860'800s + 5ns), 9), "2026-01-31T12:00:00.000000005Z");
}

TEST(IsoTimeTest, FormatsTimesBefore1970) { EXPECT_EQ(to_iso_8601(at(-1ns), 9), "1969-12-31T23:59:59.999999999Z"); }

TEST(SystemClockTest, FollowsTheKernelsClocks) {
  const SystemClock clock;
  const MonotonicTime before = clock.now();
  timespec boot{};
  clock_gettime(CLOCK_BOOTTIME, &boot);
  const MonotonicTime between(std::chrono::seconds(boot.tv_sec) + std::chrono::nanoseconds(boot.tv_nsec));
  const MonotonicTime after = clock.now();
  EXPECT_LE(before, between);
  EXPECT_LE(between, after);
  const auto difference = clock.wall_time() - std::chrono::system_clock::now();
  EXPECT_LT(std::chrono::abs(difference), 10s);
}

TEST(SystemRandomTest, FillsEveryByteAndNeverRepeats) {
  SystemRandom random;
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) tokens.insert(random_token(random));
  EXPECT_EQ(tokens.size(), 100u);
  std::vector<std::uint8_t> many(4096);
  random.fill(many);
  EXPECT_GT(std::set<std::uint8_t>(many.begin(), many.end()).size(), 200u);
}

TEST(BootIdTest, IsTheKernels) {
  EXPECT_TRUE(std::regex_match(boot_id(), std::regex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"))) << boot_id();
  EXPECT_EQ(boot_id(), boot_id());
}

}  // namespace
}  // namespace tellina
