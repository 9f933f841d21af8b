#include "host/runtime/asio_loop.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>

#include "host/runtime/system.hpp"

namespace tellina {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr auto limit = 20s;

/// Runs like the machine's clock, and jumps ahead like that of a machine that sleeps.
class JumpingClock final : public Clock {
 public:
  MonotonicTime now() const override { return m_machine.now() + m_ahead.load(); }
  WallTime wall_time() const override { return m_machine.wall_time() + m_ahead.load(); }
  void jump(std::chrono::nanoseconds time) { m_ahead = m_ahead.load() + time; }

 private:
  SystemClock m_machine;
  std::atomic<std::chrono::nanoseconds> m_ahead{};
};

class AsioLoopTest : public ::testing::Test {
 protected:
  AsioLoopTest() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, m_sockets), 0); }
  ~AsioLoopTest() override {
    stop();
    close(m_sockets[0]);
    close(m_sockets[1]);
  }
  void stop() {
    m_loop.stop();
    if (m_thread.joinable()) m_thread.join();
  }

  /// Runs a call on the loop's thread and returns what it returns.
  template <typename Call>
  auto on_loop(Call call) {
    std::packaged_task<decltype(call())()> task(std::move(call));
    auto result = task.get_future();
    m_loop.post([&] { task(); });
    EXPECT_EQ(result.wait_for(limit), std::future_status::ready);
    return result.get();
  }
  MonotonicTime in(std::chrono::nanoseconds duration) const { return m_clock.now() + duration; }

  void expect_fires_in(std::chrono::nanoseconds duration) {
    std::promise<MonotonicTime> fired;  // a second time would throw
    std::unique_ptr<Loop::Timer> timer;
    const MonotonicTime due = in(duration);
    on_loop([&] {
      timer = m_loop.make_timer();
      timer->start(due, [&] { fired.set_value(m_clock.now()); });
    });
    auto time = fired.get_future();
    ASSERT_EQ(time.wait_for(limit), std::future_status::ready);
    EXPECT_GE(time.get(), due);
    on_loop([&] { timer.reset(); });
  }

  JumpingClock m_clock;
  AsioLoop m_loop{m_clock};
  std::thread m_thread{[this] { m_loop.run(); }};
  int m_sockets[2]{-1, -1};
};

TEST_F(AsioLoopTest, TasksOfOnePosterRunInOrderOnItsThreadAndNeverInsidePost) {
  std::vector<int> order;
  std::promise<void> all_have_run;
  on_loop([&] {
    for (int i = 0; i < 3; ++i) m_loop.post([&order, i] { order.push_back(i); });
    m_loop.post([&] { all_have_run.set_value(); });
    EXPECT_TRUE(order.empty());
    EXPECT_TRUE(m_loop.is_current());
  });
  ASSERT_EQ(all_have_run.get_future().wait_for(limit), std::future_status::ready);
  EXPECT_THAT(order, ElementsAre(0, 1, 2));
  EXPECT_FALSE(m_loop.is_current());
  EXPECT_EQ(on_loop([] { return std::this_thread::get_id(); }), m_thread.get_id());
}

TEST_F(AsioLoopTest, ATimerFiresAtItsTimeAndOnce) { expect_fires_in(20ms); }

TEST_F(AsioLoopTest, ALongTimerFiresAtItsTimeAndNotWhenItsFirstWaitEnds) { expect_fires_in(700ms); }

TEST_F(AsioLoopTest, AlarmsThatBecameDueDuringASleepRunAfterIt) {
  std::promise<void> fired;
  std::unique_ptr<Loop::Timer> timer;
  std::unique_ptr<Loop::Timer> later;
  bool has_later_fired = false;
  on_loop([&] {
    timer = m_loop.make_timer();
    timer->start(in(1h), [&] { fired.set_value(); });
    later = m_loop.make_timer();
    later->start(in(3h), [&] { has_later_fired = true; });
  });
  m_clock.jump(2h);
  ASSERT_EQ(fired.get_future().wait_for(limit), std::future_status::ready);
  on_loop([&] {
    EXPECT_FALSE(has_later_fired);
    timer.reset(), later.reset();
  });
}

TEST_F(AsioLoopTest, ATimeInThePastFiresOnTheNextTurn) {
  std::promise<void> fired;
  bool inside = true;
  std::unique_ptr<Loop::Timer> timer;
  on_loop([&] {
    timer = m_loop.make_timer();
    timer->start(in(-1h), [&] {
      EXPECT_FALSE(inside);
      fired.set_value();
    });
    inside = false;
  });
  ASSERT_EQ(fired.get_future().wait_for(limit), std::future_status::ready);
  on_loop([&] { timer.reset(); });
}

TEST_F(AsioLoopTest, AnAlarmThatIsReplacedCancelledOrDestroyedNeverFires) {
  std::vector<std::string> fired;
  std::promise<void> last;
  std::vector<std::unique_ptr<Loop::Timer>> timers;
  on_loop([&] {
    for (int i = 0; i < 4; ++i) timers.push_back(m_loop.make_timer());
    timers[0]->start(in(-1s), [&] { fired.push_back("replaced"); });
    timers[0]->start(in(1ms), [&] { fired.push_back("new"); });
    timers[1]->start(in(-1s), [&] { fired.push_back("cancelled"); });
    timers[2]->start(in(-1s), [&] { fired.push_back("destroyed"); });
    timers[3]->start(in(30ms), [&] { last.set_value(); });
    timers[1]->cancel();
    timers[2].reset();
  });
  ASSERT_EQ(last.get_future().wait_for(limit), std::future_status::ready);
  on_loop([&] {
    EXPECT_THAT(fired, ElementsAre("new"));
    timers.clear();
  });
}

TEST_F(AsioLoopTest, AnExpiredAlarmCanStillBeCancelledByATaskThatRunsBeforeIt) {
  // Both alarms are due in the same turn; the first to run cancels the other.
  int fired = 0;
  std::unique_ptr<Loop::Timer> one;
  std::unique_ptr<Loop::Timer> two;
  on_loop([&] {
    one = m_loop.make_timer();
    two = m_loop.make_timer();
    one->start(in(-1s), [&] { ++fired, two->cancel(); });
    two->start(in(-1s), [&] { ++fired, one->cancel(); });
  });
  std::promise<void> later;
  std::unique_ptr<Loop::Timer> end;
  on_loop([&] {
    end = m_loop.make_timer();
    end->start(in(20ms), [&] { later.set_value(); });
  });
  ASSERT_EQ(later.get_future().wait_for(limit), std::future_status::ready);
  on_loop([&] {
    EXPECT_EQ(fired, 1);
    one.reset(), two.reset(), end.reset();
  });
}

TEST_F(AsioLoopTest, AWatchReportsOnceWhenADescriptorIsReadable) {
  std::unique_ptr<Loop::Watch> watch;
  std::promise<void> readable;
  on_loop([&] {
    watch = m_loop.watch(m_sockets[0]);
    watch->when_readable([&] { readable.set_value(); });
  });
  auto told = readable.get_future();
  EXPECT_EQ(told.wait_for(0s), std::future_status::timeout);
  ASSERT_EQ(write(m_sockets[1], "x", 1), 1);
  ASSERT_EQ(told.wait_for(limit), std::future_status::ready);
  on_loop([&] { watch.reset(); });
  char byte = 0;
  EXPECT_EQ(read(m_sockets[0], &byte, 1), 1) << "the descriptor stays the caller's, open and unread";
}

TEST_F(AsioLoopTest, AWatchReportsAHangUpAndRoomToWrite) {
  std::unique_ptr<Loop::Watch> watch;
  std::promise<void> writable;
  std::promise<void> hung_up;
  on_loop([&] {
    watch = m_loop.watch(m_sockets[0]);
    watch->when_writable([&] { writable.set_value(); });
  });
  ASSERT_EQ(writable.get_future().wait_for(limit), std::future_status::ready);
  on_loop([&] { watch->when_readable([&] { hung_up.set_value(); }); });
  shutdown(m_sockets[1], SHUT_WR);
  ASSERT_EQ(hung_up.get_future().wait_for(limit), std::future_status::ready);
  on_loop([&] { watch.reset(); });
}

TEST_F(AsioLoopTest, ADestroyedWatchReportsNothing) {
  bool told = false;
  on_loop([&] {
    auto watch = m_loop.watch(m_sockets[0]);
    watch->when_writable([&] { told = true; });
    watch->when_readable([&] { told = true; });
  });
  ASSERT_EQ(write(m_sockets[1], "x", 1), 1);
  on_loop([] {});
  on_loop([&] { EXPECT_FALSE(told); });
}

TEST_F(AsioLoopTest, StopEndsTheRun) {
  stop();
  EXPECT_FALSE(m_thread.joinable());
}

}  // namespace
}  // namespace tellina
