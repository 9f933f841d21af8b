#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

/// SQLite itself waits five seconds for a lock, in real time; the session's time is virtual.
class LockedStoreTest : public SessionTest {
 protected:
  void lock() { m_other.execute("BEGIN IMMEDIATE"); }
  void unlock() { m_other.execute("COMMIT"); }
  /// Waits until the store's first attempt has failed.
  bool wait_for_error() {
    return loop.run_until([&] { return has_logged("the record waits for the database: "); }, std::chrono::seconds(20));
  }
  bool has_logged(const std::string& text) {
    const std::vector<std::string> lines = log.lines();
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) { return line.starts_with(text); });
  }

 private:
  Reader m_other{path};
};

TEST_F(LockedStoreTest, InputIsAcknowledgedOnceTheLockIsGoneAndIsRecordedOnce) {
  begin_task();
  lock();
  type(0, "ec");
  EXPECT_EQ(backend.shell().typed(), "ec");
  backend.shell().print("ec");
  loop.run_until_idle();
  EXPECT_TRUE(port.output.ends_with("ec")) << "the echo waits for the database";
  ASSERT_TRUE(wait_for_error());
  EXPECT_THAT(log.lines(),
              Contains(AllOf(HasSubstr("SQLITE_BUSY"), HasSubstr("end the program that keeps the database locked"))));
  type(2, "ho");
  EXPECT_EQ(port.count("input_ack"), 0) << "what is not recorded is not acknowledged";

  unlock();
  loop.advance(milliseconds(500));
  ASSERT_TRUE(wait([&] {
    loop.advance(milliseconds(250));
    return port.count("input_ack") > 0 && port.last("input_ack")["input_offset"].to_number<int>() == 4;
  }));
  EXPECT_TRUE(has_logged("the record continues"));
  EXPECT_EQ(lost_calls, 0) << "the session was given up";
  EXPECT_EQ(backend.starts, 1);
  EXPECT_EQ(stored("SELECT input_end FROM task_sessions"), "4");
  EXPECT_EQ(stored("SELECT group_concat(bytes, '') FROM input_bytes"), "echo");
  EXPECT_EQ(stored("SELECT count(*) FROM gaps"), "0");
}

TEST_F(LockedStoreTest, ATaskThatEndsMeanwhileIsWrittenAfterwards) {
  begin_task();
  lock();
  say(R"({"type":"give_up","id":7,"task":1})");
  ASSERT_TRUE(wait_for_error());
  EXPECT_EQ(port.count("done"), 0) << "a client was told an outcome that is not in the record";
  unlock();
  loop.advance(milliseconds(500));
  ASSERT_TRUE(wait_for("done"));
  EXPECT_EQ(stored("SELECT state FROM task_sessions"), "gave_up");
  EXPECT_EQ(lost_calls, 0);
}

}  // namespace
}  // namespace tellina::testing
