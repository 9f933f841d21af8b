#include "host/runtime/blocking_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <utility>

#include "host/limits.hpp"

namespace tellina {
namespace {

constexpr auto limit = std::chrono::seconds(20);
using Use = BlockingPool::Use;

TEST(ThreadPoolTest, RunsTasksOnItsOwnThreads) {
  ThreadPool pool(2, 2);
  std::promise<std::thread::id> ran_on;
  pool.submit(Use::call, [&] { ran_on.set_value(std::this_thread::get_id()); });
  EXPECT_NE(ran_on.get_future().get(), std::this_thread::get_id());
}

/// Tasks that hang until they are released, and the number of those that run.
class Hanging {
 public:
  ~Hanging() { let_go(); }
  BlockingPool::Task task() {
    return [this, released = m_released] {
      ++running;
      released.wait();
    };
  }
  void let_go() {
    if (!std::exchange(m_is_let_go, true)) m_release.set_value();
  }
  bool wait_for(int count) const {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (running < count && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return running >= count;
  }
  std::atomic<int> running = 0;

 private:
  std::promise<void> m_release;
  std::shared_future<void> m_released = m_release.get_future().share();
  bool m_is_let_go = false;
};

bool works(ThreadPool& pool, Use use) {
  auto done = std::make_shared<std::promise<void>>();
  pool.submit(use, [done] { done->set_value(); });
  return done->get_future().wait_for(limit) == std::future_status::ready;
}

TEST(ThreadPoolTest, HangingTasksHoldAPartOfTheThreads) {
  for (const Use hung : {Use::start, Use::call, Use::check, Use::removal}) {
    const int most = hung == Use::check ? 2 : 4;
    Hanging hanging;
    {
      ThreadPool pool(8, 4);
      for (int i = 0; i < 12; ++i) pool.submit(hung, hanging.task());
      EXPECT_TRUE(hanging.wait_for(most));
      // The other threads keep working, and their free threads do not admit more hanging tasks.
      for (int i = 0; i < 50; ++i) {
        for (const Use other : {Use::start, Use::call, Use::check, Use::removal}) {
          if (other == hung) continue;
          EXPECT_TRUE(works(pool, other)) << static_cast<int>(hung);
        }
      }
      EXPECT_EQ(hanging.running, most);
      hanging.let_go();
    }
    EXPECT_EQ(hanging.running, 12) << "the destructor runs all submitted tasks";
  }
}

TEST(ThreadPoolTest, RemovalsRunWhileAllElseHangs) {
  Hanging starts;
  Hanging calls;
  ThreadPool pool(8, 4);
  for (int i = 0; i < 12; ++i) {
    pool.submit(Use::start, starts.task());
    pool.submit(Use::check, starts.task());
    pool.submit(Use::call, calls.task());
  }
  for (int i = 0; i < 10; ++i)
    EXPECT_TRUE(works(pool, Use::removal)) << "a removal, which would interrupt the hanging tasks, does not run";
  // An interrupted backend would return in the same way.
  pool.submit(Use::removal, [&] { calls.let_go(); });
  EXPECT_TRUE(calls.wait_for(12));
  starts.let_go();
}

TEST(ThreadPoolTest, StartsThatTakeLongDelayNothingElse) {
  Hanging starts;
  ThreadPool pool(8, 2);
  for (int i = 0; i < 20; ++i) pool.submit(Use::start, starts.task());
  EXPECT_TRUE(starts.wait_for(2));
  Hanging calls;
  Hanging checks;
  Hanging removals;
  for (int i = 0; i < 4; ++i) pool.submit(Use::call, calls.task());
  for (int i = 0; i < 2; ++i) pool.submit(Use::check, checks.task());
  EXPECT_TRUE(calls.wait_for(4) && checks.wait_for(2)) << "they have as many threads as without the starts";
  for (int i = 0; i < 2; ++i) pool.submit(Use::removal, removals.task());
  EXPECT_TRUE(removals.wait_for(2));
  EXPECT_EQ(starts.running, 2);
  for (Hanging* hanging : {&starts, &calls, &checks, &removals}) hanging->let_go();
}

TEST(ThreadPoolTest, MoreStartsRunAtATimeWhenThatIsAllowed) {
  Hanging starts;
  std::atomic<int> other = 0;
  {
    ThreadPool pool(4, 2);
    for (int i = 0; i < 20; ++i) pool.submit(Use::start, starts.task());
    EXPECT_TRUE(starts.wait_for(2));
    pool.allow_starts(10);
    EXPECT_TRUE(starts.wait_for(10)) << "those that wait get their turn at once";
    pool.allow_starts(12);
    pool.allow_starts(1);
    for (int i = 0; i < 4; ++i) pool.submit(Use::start, [&] { ++other; });
    EXPECT_TRUE(starts.wait_for(12));
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(works(pool, Use::call));
    EXPECT_EQ(starts.running, 12);
    EXPECT_EQ(other, 0) << "starts keep their order";
    starts.let_go();
  }
  EXPECT_EQ(starts.running, 20);
  EXPECT_EQ(other, 4);
}

TEST(ThreadPoolTest, ChecksThatNeedMuchMemoryTakeTurns) {
  constexpr std::size_t most = limits::check_memory;
  Hanging first;
  Hanging large;
  Hanging last;
  {
    ThreadPool pool(16, 1);
    for (int i = 0; i < 3; ++i) pool.submit(Use::check, first.task(), most / 2);
    pool.submit(Use::check, large.task(), most * 2);
    pool.submit(Use::check, last.task(), 1);
    EXPECT_TRUE(first.wait_for(2));
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(works(pool, Use::call));
    EXPECT_EQ(first.running, 2) << "a third one would exceed the limit";
    EXPECT_EQ(last.running, 0) << "it would overtake";
    first.let_go();
    EXPECT_TRUE(large.wait_for(1)) << "one that needs more than all together runs alone";
    EXPECT_EQ(first.running, 3);
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(works(pool, Use::call));
    EXPECT_EQ(last.running, 0);
    large.let_go();
    EXPECT_TRUE(last.wait_for(1));
    last.let_go();
  }
}

TEST(ThreadPoolTest, TheDestructorRunsSubmittedTasks) {
  std::atomic<int> ran = 0;
  {
    ThreadPool pool(2, 2);
    for (int i = 0; i < 500; ++i) pool.submit(static_cast<Use>(i % 4), [&] { ++ran; });
  }
  EXPECT_EQ(ran, 500);
}

TEST(ThreadPoolTest, HasEnoughThreadsForEachUse) {
  Hanging hanging;
  ThreadPool pool(0, 0);
  for (int i = 0; i < 8; ++i) {
    pool.submit(Use::start, hanging.task());
    pool.submit(Use::call, hanging.task());
    pool.submit(Use::check, hanging.task());
  }
  EXPECT_TRUE(works(pool, Use::removal));
  hanging.let_go();
}

}  // namespace
}  // namespace tellina
