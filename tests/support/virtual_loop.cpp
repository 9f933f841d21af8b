#include "support/virtual_loop.hpp"

#include <poll.h>

#include <utility>
#include <vector>

namespace tellina::testing {

void SeededRandom::fill(std::span<std::uint8_t> bytes) {
  for (std::uint8_t& byte : bytes) {
    m_state += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = m_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    byte = static_cast<std::uint8_t>(z ^ (z >> 31));
  }
}

class VirtualLoop::VirtualTimer final : public Loop::Timer {
 public:
  explicit VirtualTimer(VirtualLoop& loop) : m_loop(loop) {}
  ~VirtualTimer() override { cancel(); }

  void start(MonotonicTime when, Task task) override {
    cancel();
    m_task = std::move(task);
    m_place = m_loop.m_timers.emplace(when, this);
    m_pending = true;
  }

  void cancel() override {
    if (!m_pending) return;
    m_loop.m_timers.erase(m_place);
    m_pending = false;
  }

  void fire() {
    cancel();
    const Task task = std::exchange(m_task, nullptr);
    task();
  }

 private:
  VirtualLoop& m_loop;
  Task m_task;
  bool m_pending = false;
  std::multimap<MonotonicTime, VirtualTimer*>::iterator m_place;
};

class VirtualLoop::VirtualWatch final : public Loop::Watch {
 public:
  VirtualWatch(VirtualLoop& loop, int descriptor) : m_loop(loop) { loop.m_watches.emplace(this, descriptor); }
  ~VirtualWatch() override { m_loop.m_watches.erase(this); }

  void when_readable(Task task) override { m_readable = std::move(task); }
  void when_writable(Task task) override { m_writable = std::move(task); }

  short wanted() const { return static_cast<short>((m_readable ? POLLIN : 0) | (m_writable ? POLLOUT : 0)); }
  Task take(short events) {
    if (m_readable && (events & (POLLIN | POLLHUP | POLLERR))) return std::exchange(m_readable, nullptr);
    if (m_writable && (events & (POLLOUT | POLLHUP | POLLERR))) return std::exchange(m_writable, nullptr);
    return nullptr;
  }

 private:
  VirtualLoop& m_loop;
  Task m_readable;
  Task m_writable;
};

VirtualLoop::~VirtualLoop() = default;

void VirtualLoop::post(Task task) {
  std::lock_guard lock(m_mutex);
  m_posted.push_back(std::move(task));
}

std::unique_ptr<Loop::Timer> VirtualLoop::make_timer() { return std::make_unique<VirtualTimer>(*this); }

std::unique_ptr<Loop::Watch> VirtualLoop::watch(int descriptor) {
  return std::make_unique<VirtualWatch>(*this, descriptor);
}

bool VirtualLoop::run_posted() {
  Task task;
  {
    std::lock_guard lock(m_mutex);
    if (m_posted.empty()) return false;
    task = std::move(m_posted.front());
    m_posted.pop_front();
  }
  task();
  return true;
}

bool VirtualLoop::run_watches() {
  for (const auto& [watch, descriptor] : m_watches) {
    pollfd entry{descriptor, watch->wanted(), 0};
    if (entry.events == 0 || poll(&entry, 1, 0) <= 0) continue;
    if (const Task task = watch->take(entry.revents)) {
      task();
      return true;
    }
  }
  return false;
}

bool VirtualLoop::run_timers() {
  if (m_timers.empty() || m_timers.begin()->first > m_clock.now()) return false;
  m_timers.begin()->second->fire();
  return true;
}

void VirtualLoop::run_until_idle() {
  while (run_posted() || run_watches() || run_timers()) {
  }
}

void VirtualLoop::advance(std::chrono::nanoseconds duration) {
  const MonotonicTime end = m_clock.now() + duration;
  run_until_idle();
  while (!m_timers.empty() && m_timers.begin()->first <= end) {
    m_clock.set(std::max(m_clock.now(), m_timers.begin()->first));
    run_until_idle();
  }
  m_clock.set(end);
  run_until_idle();
}

bool VirtualLoop::run_until(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < end) {
    run_until_idle();
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

}  // namespace tellina::testing
