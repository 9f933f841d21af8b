#include "host/runtime/blocking_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <set>

namespace tellina {
namespace {

constexpr auto limit = std::chrono::seconds(20);
using Use = BlockingPool::Use;

TEST(ThreadPoolTest, RunsTasksOnThreadsOfItsOwn) {
  ThreadPool pool(2);
  std::promise<std::thread::id> ran_on;
  pool.submit(Use::other, [&] { ran_on.set_value(std::this_thread::get_id()); });
  EXPECT_NE(ran_on.get_future().get(), std::this_thread::get_id());
}

TEST(ThreadPoolTest, StartsThatHangHoldAtMostHalfOfTheThreads) {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  std::atomic<int> starts = 0;
  std::promise<void> two_started;
  {
    ThreadPool pool(4);
    for (int i = 0; i < 6; ++i) {
      pool.submit(Use::start, [&] {
        if (++starts == 2) two_started.set_value();
        released.wait();
      });
    }
    ASSERT_EQ(two_started.get_future().wait_for(limit), std::future_status::ready);
    // The other half works on, and finding it free does not let a third start in.
    for (int i = 0; i < 50; ++i) {
      std::promise<void> done;
      pool.submit(Use::other, [&] { done.set_value(); });
      ASSERT_EQ(done.get_future().wait_for(limit), std::future_status::ready);
    }
    EXPECT_EQ(starts, 2);
    release.set_value();
  }
  EXPECT_EQ(starts, 6) << "the destructor runs what was submitted";
}

TEST(ThreadPoolTest, TheDestructorRunsWhatWasSubmitted) {
  std::atomic<int> ran = 0;
  {
    ThreadPool pool(2);
    for (int i = 0; i < 500; ++i) pool.submit(i % 2 == 0 ? Use::start : Use::other, [&] { ++ran; });
  }
  EXPECT_EQ(ran, 500);
}

TEST(ThreadPoolTest, HasAtLeastTwoThreadsSoThatAHangingStartIsNoEnd) {
  std::promise<void> release;
  ThreadPool pool(0);
  pool.submit(Use::start, [released = release.get_future().share()] { released.wait(); });
  std::promise<void> done;
  pool.submit(Use::other, [&] { done.set_value(); });
  EXPECT_EQ(done.get_future().wait_for(limit), std::future_status::ready);
  release.set_value();
}

}  // namespace
}  // namespace tellina
