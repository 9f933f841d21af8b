#include "host/session/throttle.hpp"

#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Contains;

constexpr std::uint64_t kib = 1024;

TEST(Throttle, LetsTheFirst64MebibytesThrough) {
  const MonotonicTime start{};
  Throttle throttle(limits::full_speed_output, limits::slow_output_in_a_second, 0, start);
  throttle.count(64 * kib * kib - 1);
  EXPECT_FALSE(throttle.applies());
  EXPECT_FALSE(throttle.begins(start));
  throttle.count(1);
  EXPECT_TRUE(throttle.applies());
  EXPECT_TRUE(throttle.begins(start));
  EXPECT_FALSE(throttle.begins(start)) << "it is reported once";
}

TEST(Throttle, CountsEarlierRecords) {
  Throttle throttle(limits::full_speed_output, limits::slow_output_in_a_second, 64 * kib * kib, MonotonicTime{});
  EXPECT_TRUE(throttle.applies());
  EXPECT_FALSE(throttle.begins(MonotonicTime{})) << "the previous owner has reported it";
}

/// In a task session that already has much in its record.
class ThrottledSessionTest : public SessionTest {
 protected:
  /// `recorded`: bytes of output.
  void begin_with(std::uint64_t recorded) { begin_as("output_end = " + std::to_string(recorded)); }
  /// `columns`: as they are assigned in SQL.
  void begin_as(const std::string& columns) {
    begin_task();
    ASSERT_TRUE(wait([&] { return stored("SELECT output_end > 0 FROM task_sessions") == "1"; }));
    bool released = false;
    session->release([&] { released = true; });
    ASSERT_TRUE(wait([&] { return released; }));
    Reader(path).execute("UPDATE task_sessions SET " + columns);
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

/// What a client that never stops typing can type, if its messages wait as long as the session says.
TEST_F(ThrottledSessionTest, MoreInputThanAnyoneTypesComesAt64KibibytesASecondAndAllOfItArrives) {
  const std::uint64_t before = limits::full_speed_input - 100 * kib;
  begin_as("input_end = " + std::to_string(before) + ", input_handed_over = " + std::to_string(before));
  say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  std::uint64_t end = before;
  std::uint64_t read = 0;
  const auto type_for = [&](std::chrono::milliseconds duration) {
    const std::uint64_t begin = end;
    const MonotonicTime until = loop.clock().now() + duration;
    while (loop.clock().now() < until) {
      if (const auto pause = session->pause(); pause.count() > 0) {
        loop.advance(std::chrono::ceil<milliseconds>(pause));
        continue;
      }
      type(end, std::string(16 * kib, 'x'));
      end += 16 * kib;
      read += backend.shell().typed().size();
      store->run([](StoreTransaction&) {});
      loop.run_until_idle();
      if (end - begin > 10 * kib * kib) break;
    }
    return end - begin;
  };
  EXPECT_GE(type_for(milliseconds(1)), 100 * kib) << "full speed";
  const std::uint64_t in_ten_seconds = type_for(seconds(10));
  EXPECT_GT(in_ten_seconds, 9 * 64 * kib);
  EXPECT_LT(in_ten_seconds, 12 * 64 * kib);
  loop.run_until_idle();
  read += backend.shell().typed().size();
  EXPECT_EQ(read, end - before) << "nothing is dropped";
  EXPECT_EQ(throttled(), R"({"after_input_bytes":16777216})");
}

TEST_F(ThrottledSessionTest, MoreCommandsThanAnyoneRunsComeMoreSlowlyAndAllAreRecorded) {
  begin_as("command_count = " + std::to_string(limits::full_speed_commands - 10));
  const auto recorded = [&] {
    // The recorder has one operation in the store at a time, and none of these tests queues more than this.
    constexpr int most_queued_operations = 8;
    for (int i = 0; i < most_queued_operations; ++i) {
      store->run([](StoreTransaction&) {});
      loop.run_until_idle();
    }
    return std::stoi(stored("SELECT count(*) FROM commands"));
  };
  for (int i = 0; i < 10; ++i) {
    backend.shell().run("x", "");
    loop.run_until_idle();
  }
  EXPECT_EQ(recorded(), 10) << "full speed";
  // A program can print the marks of a shell faster than a person runs commands.
  const std::string nonce = backend.shell().spec.environment.at("TELLINA_NONCE");
  std::string forged;
  for (int i = 0; i < 2000; ++i) {
    forged += "\x1b]133;C;nonce=" + nonce + ";cmd=x;cwd=/\a\x1b]133;D;0;nonce=" + nonce + ";cwd=/\a";
  }
  const auto print = [&] {
    while (const std::size_t taken = backend.shell().offer(forged)) {
      forged.erase(0, taken);
      loop.run_until_idle();
    }
    return recorded();
  };
  const int at_once = print();
  EXPECT_LT(at_once, 300);
  const auto print_for = [&](int tenths) {
    for (int i = 0; i < tenths; ++i) {
      print();
      loop.advance(milliseconds(100));
    }
    return recorded();
  };
  EXPECT_NEAR(print_for(100) - at_once, 10 * limits::slow_commands_in_a_second, 100);
  EXPECT_EQ(throttled(), R"({"after_commands":2000})");
  EXPECT_EQ(print_for(150), 2010);
}

TEST_F(ThrottledSessionTest, ARestartDoesNotAllowAnother64Mebibytes) {
  begin_with(64 * kib * kib + 1);
  flood(seconds(1));  // the terminal's own buffer, and a second's worth
  EXPECT_LT(flood(seconds(10)), 11 * 256 * kib);
  EXPECT_EQ(throttled(), "NULL") << "the previous owner has reported it";
}

}  // namespace
}  // namespace tellina::testing
