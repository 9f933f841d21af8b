#include "host/runtime/blocking_pool.hpp"

#include <algorithm>
#include <utility>

#include "host/runtime/assertion.hpp"
#include "host/runtime/threads.hpp"

namespace tellina {
namespace {

using Use = BlockingPool::Use;

/// Calls that participants wait for come before the start of the next sandbox.
constexpr std::array<Use, 4> by_urgency{Use::removal, Use::call, Use::check, Use::start};

}  // namespace

ThreadPool::ThreadPool(std::size_t threads) : m_size(std::max<std::size_t>(threads, 4)) {
  try {
    for (std::size_t i = 0; i < m_size; ++i) {
      m_threads.push_back(start_thread("calls that may block", [this] { run(); }));
    }
  } catch (...) {
    close();
    throw;
  }
}

ThreadPool::~ThreadPool() { close(); }

void ThreadPool::close() {
  {
    std::lock_guard lock(m_mutex);
    m_closing = true;
  }
  m_changed.notify_all();
  for (std::thread& thread : m_threads) thread.join();
}

void ThreadPool::submit(Use use, Task task) {
  {
    std::lock_guard lock(m_mutex);
    TELLINA_ASSERT_PROCESS(task);
    queue(use).waiting.push_back(std::move(task));
  }
  m_changed.notify_one();
}

bool ThreadPool::may_run(Use use) const {
  if (queue(use).running >= most(use)) return false;
  return use == Use::removal || others_running() < m_size - m_size / 4;
}

std::size_t ThreadPool::others_running() const {
  return queue(Use::start).running + queue(Use::call).running + queue(Use::check).running;
}

bool ThreadPool::is_empty() const {
  return std::all_of(m_queues.begin(), m_queues.end(), [](const Queue& one) { return one.waiting.empty(); });
}

bool ThreadPool::take(Task& task, Use& use) {
  for (const Use next : by_urgency) {
    Queue& found = queue(next);
    if (found.waiting.empty() || !may_run(next)) continue;
    use = next;
    task = std::move(found.waiting.front());
    found.waiting.pop_front();
    ++found.running;
    check_invariant_locked();
    return true;
  }
  return false;
}

void ThreadPool::check_invariant() const {
  std::lock_guard lock(m_mutex);
  check_invariant_locked();
}

void ThreadPool::check_invariant_locked() const {
  for (const Use use : by_urgency) TELLINA_ASSERT_PROCESS(queue(use).running <= most(use));
  TELLINA_ASSERT_PROCESS(others_running() <= m_size - m_size / 4);
  TELLINA_ASSERT_PROCESS(others_running() + queue(Use::removal).running <= m_size);
}

void ThreadPool::run() {
  std::unique_lock lock(m_mutex);
  for (;;) {
    Task task;
    Use use = Use::start;
    if (!take(task, use)) {
      if (m_closing && is_empty()) return;
      m_changed.wait(lock);
      continue;
    }
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
    TELLINA_ASSERT_PROCESS(queue(use).running > 0);
    --queue(use).running;
    check_invariant_locked();
    if (m_closing || !is_empty()) m_changed.notify_all();
  }
}

}  // namespace tellina
