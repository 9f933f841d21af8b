#include "host/runtime/blocking_pool.hpp"

#include <algorithm>
#include <utility>

namespace tellina {

ThreadPool::ThreadPool(std::size_t threads) : m_size(std::max<std::size_t>(threads, 2)) {
  for (std::size_t i = 0; i < m_size; ++i) {
    m_threads.emplace_back([this] { run(); });
  }
}

ThreadPool::~ThreadPool() {
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
    (use == Use::start ? m_starts : m_others).push_back(std::move(task));
  }
  m_changed.notify_one();
}

bool ThreadPool::take(Task& task, Use& use) {
  if (!m_others.empty()) {
    use = Use::other;
    task = std::move(m_others.front());
    m_others.pop_front();
    return true;
  }
  if (!m_starts.empty() && m_starts_running < m_size / 2) {
    use = Use::start;
    task = std::move(m_starts.front());
    m_starts.pop_front();
    ++m_starts_running;
    return true;
  }
  return false;
}

void ThreadPool::run() {
  std::unique_lock lock(m_mutex);
  for (;;) {
    Task task;
    Use use = Use::other;
    if (!take(task, use)) {
      if (m_closing && m_starts.empty()) return;
      m_changed.wait(lock);
      continue;
    }
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
    if (use == Use::start) {
      --m_starts_running;
      m_changed.notify_all();
    }
  }
}

}  // namespace tellina
