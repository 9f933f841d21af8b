#include "host/runtime/blocking_pool.hpp"

#include <algorithm>
#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/runtime/threads.hpp"
#include "tellina/error.hpp"

namespace tellina {
namespace {

using Use = BlockingPool::Use;

/// What the threads that run no starts do.
constexpr std::array<Use, 4> by_urgency{Use::removal, Use::call, Use::check, Use::program};

}  // namespace

ThreadPool::ThreadPool(std::size_t threads, std::size_t start_threads)
    : m_size(std::max<std::size_t>(threads, 4)), m_most_starts(std::max<std::size_t>(start_threads, 1)) {
  try {
    for (std::size_t i = 0; i < m_size; ++i) {
      m_threads.push_back(start_thread("calls that may block", [this] { run(); }));
    }
    for (std::size_t i = 0; i < m_most_starts; ++i) {
      m_start_threads.push_back(start_thread("starts of sandboxes", [this] { run_starts(); }));
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
  m_starts_changed.notify_all();
  for (std::thread& thread : m_threads) thread.join();
  // No thread is added any more.
  for (std::thread& thread : m_start_threads) thread.join();
}

void ThreadPool::allow_starts(std::size_t most) {
  std::lock_guard lock(m_mutex);
  m_most_starts = std::max(m_most_starts, most);
  for (std::size_t i = 0; i < queue(Use::start).waiting.size(); ++i) add_start_thread_locked();
  check_invariant_locked();
}

void ThreadPool::add_start_thread_locked() {
  const Queue& starts = queue(Use::start);
  const std::size_t needed = starts.running + starts.waiting.size();
  if (m_closing || m_start_threads.size() >= std::min(needed, m_most_starts)) return;
  try {
    m_start_threads.push_back(start_thread("starts of sandboxes", [this] { run_starts(); }));
  } catch (const Error&) {
    // The threads that exist take this start in its turn.
  }
}

void ThreadPool::submit(Use use, Task task, std::size_t memory) {
  {
    std::lock_guard lock(m_mutex);
    TELLINA_ASSERT_PROCESS(task);
    queue(use).waiting.push_back(Work{std::move(task), use, memory});
    if (use == Use::start) add_start_thread_locked();
  }
  (use == Use::start ? m_starts_changed : m_changed).notify_one();
}

bool ThreadPool::may_run(Use use) const {
  const Queue& tasks = queue(use);
  if (tasks.waiting.empty() || tasks.running >= most(use)) return false;
  if (tasks.running > 0 && tasks.memory + tasks.waiting.front().memory > limits::check_memory) return false;
  return use == Use::removal || others_running() < m_size - m_size / 4;
}

std::size_t ThreadPool::others_running() const {
  return queue(Use::call).running + queue(Use::check).running + queue(Use::program).running;
}

bool ThreadPool::is_empty() const {
  return std::all_of(by_urgency.begin(), by_urgency.end(), [this](Use use) { return queue(use).waiting.empty(); });
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
  TELLINA_ASSERT_PROCESS(queue(Use::start).running <= std::min(m_most_starts, m_start_threads.size()));
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
    finish_locked(work);
    if (m_closing || !is_empty()) m_changed.notify_all();
  }
}

void ThreadPool::run_starts() {
  std::unique_lock lock(m_mutex);
  Queue& starts = queue(Use::start);
  for (;;) {
    if (starts.waiting.empty()) {
      if (m_closing) return;
      m_starts_changed.wait(lock);
      continue;
    }
    Work work = std::move(starts.waiting.front());
    starts.waiting.pop_front();
    ++starts.running;
    check_invariant_locked();
    lock.unlock();
    work.task();
    work.task = nullptr;
    lock.lock();
    finish_locked(work);
  }
}

void ThreadPool::finish_locked(const Work& work) {
  Queue& tasks = queue(work.use);
  TELLINA_ASSERT_PROCESS(tasks.running > 0 && tasks.memory >= work.memory);
  --tasks.running;
  tasks.memory -= work.memory;
  check_invariant_locked();
}

}  // namespace tellina
