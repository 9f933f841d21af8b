#pragma once

/// A loop, a clock and a pool that advance only when a test tells them to.

#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "host/runtime/blocking_pool.hpp"
#include "host/runtime/loop.hpp"

namespace tellina::testing {

class VirtualClock final : public Clock {
 public:
  MonotonicTime now() const override { return m_now; }
  WallTime wall_time() const override { return WallTime(std::chrono::hours(24 * 365 * 56) + m_now.time_since_epoch()); }
  void set(MonotonicTime now) { m_now = now; }

 private:
  MonotonicTime m_now{std::chrono::hours(1)};
};

/// Deterministic: the same seed gives the same bytes (splitmix64, Steele, Lea and Flood 2014).
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed = 1) : m_state(seed) {}
  void fill(std::span<std::uint8_t> bytes) override;

 private:
  std::uint64_t m_state;
};

/// Runs posted tasks, descriptor watches (polled without waiting) and timers on the test's thread.
class VirtualLoop final : public Loop {
 public:
  VirtualLoop() = default;
  ~VirtualLoop() override;

  /// Runs all due work, including work that becomes due meanwhile.
  void run_until_idle();
  /// Advances the clock and stops at each timer on the way.
  void advance(std::chrono::nanoseconds duration);
  /// Lets real time pass (for real descriptors) until the condition holds; returns false after `limit`.
  bool run_until(const std::function<bool()>& condition, std::chrono::milliseconds limit = std::chrono::seconds(5));

  VirtualClock& virtual_clock() { return m_clock; }

  void post(Task task) override;
  bool is_current() const override { return std::this_thread::get_id() == m_thread; }
  Clock& clock() override { return m_clock; }
  std::unique_ptr<Timer> make_timer() override;
  std::unique_ptr<Watch> watch(int descriptor) override;

 private:
  class VirtualTimer;
  class VirtualWatch;
  friend class VirtualTimer;
  friend class VirtualWatch;

  bool run_posted();
  bool run_watches();
  bool run_timers();

  VirtualClock m_clock;
  std::thread::id m_thread = std::this_thread::get_id();
  std::mutex m_mutex;
  std::deque<Task> m_posted;
  std::multimap<MonotonicTime, VirtualTimer*> m_timers;
  std::map<VirtualWatch*, int> m_watches;
};

/// Runs each task on the loop's next turn, on the test's thread.
class LoopPool final : public BlockingPool {
 public:
  explicit LoopPool(Loop& loop) : m_loop(loop) {}
  void submit(Use use, Task task, std::size_t memory = 0) override {
    most_memory = std::max(most_memory, memory);
    const auto time = use == Use::call || use == Use::check ? time_of_calls
                      : use == Use::program                 ? time_of_programs
                      : use == Use::removal                 ? time_of_removals
                                                            : time_of_starts;
    if (time == zero) return m_loop.post(std::move(task));
    m_slow.push_back(m_loop.make_timer());
    m_slow.back()->start(m_loop.clock().now() + time, std::move(task));
  }

  std::size_t most_memory = 0;                    ///< of all tasks
  std::chrono::milliseconds time_of_starts{0};    ///< how long the start of a sandbox takes
  std::chrono::milliseconds time_of_calls{0};     ///< how long calls take
  std::chrono::milliseconds time_of_programs{0};  ///< how long a checker takes
  std::chrono::milliseconds time_of_removals{0};  ///< how long the removal of a sandbox takes

 private:
  static constexpr std::chrono::milliseconds zero{0};

  Loop& m_loop;
  std::vector<std::unique_ptr<Loop::Timer>> m_slow;
};

}  // namespace tellina::testing
