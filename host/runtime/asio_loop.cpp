#include "host/runtime/asio_loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <ratio>
#include <thread>
#include <utility>

#include "host/runtime/assertion.hpp"
#include "host/runtime/lifeline.hpp"
#include "tellina/error.hpp"

namespace tellina {
namespace {

namespace asio = boost::asio;

/// Asio's timers stop while the machine is suspended, but a study's deadlines do not. So the loop never waits longer
/// than this at a time. Longer waits end at multiples of it, so that a thousand of them wake the loop only once.
using QuarterSecond = std::chrono::duration<std::int64_t, std::ratio<1, 4>>;
constexpr QuarterSecond longest_wait{1};

/// How long a timer that is due may take to wake its loop on a busy machine.
constexpr std::chrono::milliseconds longest_wake_up{500};

class AsioTimer final : public Loop::Timer {
 public:
  AsioTimer(asio::io_context& context, const Clock& clock) : m_clock(clock), m_timer(context) {}

  void start(MonotonicTime when, Loop::Task task) override {
    TELLINA_ASSERT_PROCESS(task);
    m_when = when;
    std::swap(m_task, task);  // the old task is destroyed last, because what it holds may own this timer
    wait(when - m_clock.now());
  }

  void cancel() override {
    *m_current_wait = ++m_last_wait;
    m_timer.cancel();
    const Loop::Task dropped = std::exchange(m_task, nullptr);  // what it holds may own this timer
  }

 private:
  void wait(MonotonicTime::duration left) {
    if (left <= longest_wait) {
      m_timer.expires_after(left);
    } else {
      m_timer.expires_at(std::chrono::floor<QuarterSecond>(asio::steady_timer::clock_type::now()) + longest_wait);
    }
    m_timer.async_wait([this, number = ++m_last_wait, weak = std::weak_ptr(m_current_wait)](auto error) {
      const auto current = weak.lock();
      if (!error && current && *current == number) end_wait();
    });
    *m_current_wait = m_last_wait;
  }

  void end_wait() {
    const auto left = m_when - m_clock.now();
    if (left > left.zero()) return wait(left);
    TELLINA_ASSERT_PROCESS(m_task);
    const Loop::Task task = std::exchange(m_task, nullptr);  // the task may destroy this timer
    task();
  }

  const Clock& m_clock;
  asio::steady_timer m_timer;
  MonotonicTime m_when{};
  Loop::Task m_task;
  std::uint64_t m_last_wait = 0;
  /// The number of the latest wait. Asio may already have queued the handler of an earlier one when that is cancelled
  /// or replaced.
  std::shared_ptr<std::uint64_t> m_current_wait = std::make_shared<std::uint64_t>(0);
};

class AsioWatch final : public Loop::Watch {
 public:
  AsioWatch(asio::io_context& context, int descriptor) : m_descriptor(context, descriptor) {}
  ~AsioWatch() override { m_descriptor.release(); }

  void when_readable(Loop::Task task) override { wait(asio::posix::descriptor_base::wait_read, std::move(task)); }
  void when_writable(Loop::Task task) override { wait(asio::posix::descriptor_base::wait_write, std::move(task)); }

 private:
  void wait(asio::posix::descriptor_base::wait_type type, Loop::Task task) {
    m_descriptor.async_wait(type, m_lifeline.guarded([task = std::move(task)](auto error) {
      if (!error) task();
    }));
  }

  asio::posix::stream_descriptor m_descriptor;
  Lifeline m_lifeline;
};

}  // namespace

AsioLoop::AsioLoop(Clock& clock) : m_clock(clock), m_context(1) { check_wake_up(); }

void AsioLoop::check_wake_up() {
  bool has_woken = false;
  asio::steady_timer timer(m_context, asio::steady_timer::duration::zero());
  timer.async_wait([&](auto) { has_woken = true; });
  const auto deadline = asio::steady_timer::clock_type::now() + longest_wake_up;
  while (!has_woken && asio::steady_timer::clock_type::now() < deadline) {
    m_context.poll();
    std::this_thread::yield();
  }
  if (!has_woken) {
    throw Error(ErrorCode::unavailable, "cannot start an event loop: the kernel has no epoll watch left for this user",
                "raise fs.epoll.max_user_watches (sysctl)");
  }
  m_context.restart();
}

void AsioLoop::run() {
  const auto work = asio::make_work_guard(m_context);
  m_context.run();
}

void AsioLoop::stop() { m_context.stop(); }

void AsioLoop::post(Task task) { asio::post(m_context, std::move(task)); }

bool AsioLoop::is_current() const {
  return const_cast<asio::io_context&>(m_context).get_executor().running_in_this_thread();
}

std::unique_ptr<Loop::Timer> AsioLoop::make_timer() { return std::make_unique<AsioTimer>(m_context, m_clock); }

std::unique_ptr<Loop::Watch> AsioLoop::watch(int descriptor) {
  return std::make_unique<AsioWatch>(m_context, descriptor);
}

}  // namespace tellina
