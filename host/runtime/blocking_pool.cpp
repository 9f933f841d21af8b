#include "host/runtime/blocking_pool.hpp"

#include <algorithm>
#include <utility>

#include "host/limits.hpp"
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

void ThreadPool::submit(Use use, Task task, std::size_t memory) {
  {
    std::lock_guard lock(m_mutex);
    TELLINA_ASSERT_PROCESS(task);
    queue(use).waiting.push_back(Work{std::move(task), use, memory});
  }
  m_changed.notify_one();
}

bool ThreadPool::may_run(Use use) const {
  const Queue& tasks = queue(use);
  if (tasks.waiting.empty() || tasks.running >= most(use)) return false;
  if (tasks.running > 0 && tasks.memory + tasks.waiting.front().memory > limits::check_memory) return false;
  return use == Use::removal || others_running() < m_size - m_size / 4;
}

std::size_t ThreadPool::others_running() const {
  return queue(Use::start).running + queue(Use::call).running + queue(Use::check).running;
}

bool ThreadPool::is_empty() const {
  return std::all_of(m_queues.begin(), m_queues.end(), [](const Queue& one) { return one.waiting.empty(); });
}

bool ThreadPool::take(Work& work) {
  for (const Use next : by_urgency) {
    if (!may_run(next)) continue;
    Queue& found = queue(next);
    work = std::move(found.waiting.front());
    found.waiting.pop_front();
    ++found.running;
    found.memory += work.memory;
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
  for (const Use use : by_urgency) {
    TELLINA_ASSERT_PROCESS(queue(use).running <= most(use));
    TELLINA_ASSERT_PROCESS(queue(use).running <= 1 || queue(use).memory <= limits::check_memory);
  }
  TELLINA_ASSERT_PROCESS(others_running() <= m_size - m_size / 4);
  TELLINA_ASSERT_PROCESS(others_running() + queue(Use::removal).running <= m_size);
}

void ThreadPool::run() {
  std::unique_lock lock(m_mutex);
  for (;;) {
    Work work;
    if (!take(work)) {
      if (m_closing && is_empty()) return;
      m_changed.wait(lock);
      continue;
    }
    lock.unlock();
    work.task();
    work.task = nullptr;
    lock.lock();
    Queue& tasks = queue(work.use);
    TELLINA_ASSERT_PROCESS(tasks.running > 0 && tasks.memory >= work.memory);
    --tasks.running;
    tasks.memory -= work.memory;
    check_invariant_locked();
    if (m_closing || !is_empty()) m_changed.notify_all();
  }
}

}  // namespace tellina
