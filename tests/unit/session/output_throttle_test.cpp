#include "host/session/output_throttle.hpp"

#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Contains;

constexpr std::uint64_t kib = 1024;

TEST(OutputThrottle, LetsTheFirst64MebibytesThrough) {
  const MonotonicTime start{};
  OutputThrottle throttle(0, start);
  throttle.count(64 * kib * kib - 1);
  EXPECT_FALSE(throttle.applies());
  EXPECT_FALSE(throttle.begins(start));
  throttle.count(1);
  EXPECT_TRUE(throttle.applies());
  EXPECT_TRUE(throttle.begins(start));
  EXPECT_FALSE(throttle.begins(start)) << "it is reported once";
}

TEST(OutputThrottle, CountsEarlierRecords) {
  OutputThrottle throttle(64 * kib * kib, MonotonicTime{});
  EXPECT_TRUE(throttle.applies());
  EXPECT_FALSE(throttle.begins(MonotonicTime{})) << "the previous owner has reported it";
}

/// Tests of a task session that already has a large recorded output.
class ThrottledSessionTest : public SessionTest {
 protected:
  void begin_with(std::uint64_t recorded) {
    begin_task();
    ASSERT_TRUE(wait([&] { return stored("SELECT output_end > 0 FROM task_sessions") == "1"; }));
    bool released = false;
    session->release([&] { released = true; });
    ASSERT_TRUE(wait([&] { return released; }));
    Reader(path).execute("UPDATE task_sessions SET output_end = " + std::to_string(recorded));
    session.reset();
    loop.run_until_idle();
    port = KeepingPort();
    open();
    loop.run_until_idle();
  }
  /// How much a shell that never stops printing can print if the store keeps up.
  std::uint64_t flood(std::chrono::milliseconds duration) {
    std::uint64_t printed = 0;
    const std::string text(32 * kib, 'x');
    for (milliseconds passed(0); passed < duration; passed += milliseconds(100)) {
      for (std::size_t taken = 1; taken > 0;) {
        taken = backend.shell().offer(text);
        printed += taken;
        loop.run_until_idle();
      }
      store->run([](StoreTransaction&) {});
      loop.advance(milliseconds(100));
    }
    return printed;
  }
  std::string throttled() { return stored("SELECT group_concat(detail) FROM events WHERE kind = 'throttled'"); }
};

TEST_F(ThrottledSessionTest, ContinuesAtAQuarterOfAMebibyteASecondAndLogsIt) {
  begin_with(64 * kib * kib - 100 * kib);
  const std::uint64_t first = flood(milliseconds(200));
  EXPECT_GT(first, 100 * kib);
  expect_stored("SELECT detail FROM events WHERE kind = 'throttled'", R"({"after_bytes":67108864})");
  EXPECT_THAT(log.lines(),
              Contains("a task session has printed 64 MiB; from now on its output is read at 256 KiB a second"));
  const std::uint64_t in_ten_seconds = flood(seconds(10));
  EXPECT_GT(in_ten_seconds, 9 * 256 * kib);
  EXPECT_LT(in_ten_seconds, 11 * 256 * kib);
  EXPECT_EQ(throttled(), R"({"after_bytes":67108864})");
}

TEST_F(ThrottledSessionTest, ARestartDoesNotAllowAnother64Mebibytes) {
  begin_with(64 * kib * kib + 1);
  flood(seconds(1));  // the terminal's own buffer, and a second's worth
  EXPECT_LT(flood(seconds(10)), 11 * 256 * kib);
  EXPECT_EQ(throttled(), "NULL") << "the previous owner has reported it";
}

}  // namespace
}  // namespace tellina::testing
