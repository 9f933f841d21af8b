#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>

#include "plugins/sandbox_common/deadline.hpp"
#include "tellina/log.hpp"

namespace tellina::sandbox_common {

/// Keeps instances ready. Its thread starts with the first fill() and lives as long as the pool, because the instances
/// end with the thread that created them.
///
/// Threads: any.
template <class Instance>
class WarmPool {
 public:
  using Make = std::function<std::unique_ptr<Instance>(const WakeUp&)>;
  using IsFresh = std::function<bool(const Instance&)>;

  WarmPool(std::size_t size, Make make, IsFresh is_fresh, Log& log)
      : m_size(size), m_make(std::move(make)), m_is_fresh(std::move(is_fresh)), m_log(log) {}
  /// Ends the instances that nobody has claimed.
  ~WarmPool();

  /// Returns null if none is ready.
  std::unique_ptr<Instance> claim();

  /// Requests the missing instances. claim() does not do this, because it would slow down the start that claims. Throws
  /// nothing: if the thread cannot be started now, the next call tries again.
  void fill();

 private:
  void refill();

  const std::size_t m_size;
  const Make m_make;
  const IsFresh m_is_fresh;
  Log& m_log;
  WakeUp m_stop;
  std::mutex m_mutex;
  std::condition_variable m_wanted;
  std::deque<std::unique_ptr<Instance>> m_instances;
  bool m_is_wanted = false;  ///< fill() was called since the last attempt
  bool m_is_stopping = false;
  std::thread m_thread;
};

template <class Instance>
WarmPool<Instance>::~WarmPool() {
  {
    const std::lock_guard lock(m_mutex);
    m_is_stopping = true;
  }
  m_stop.raise();
  m_wanted.notify_all();
  if (m_thread.joinable()) m_thread.join();
}

template <class Instance>
std::unique_ptr<Instance> WarmPool<Instance>::claim() {
  std::unique_lock lock(m_mutex);
  std::unique_ptr<Instance> instance;
  std::deque<std::unique_ptr<Instance>> stale;  // ended after the lock is released
  while (!instance && !m_instances.empty()) {
    instance = std::move(m_instances.front());
    m_instances.pop_front();
    if (!m_is_fresh(*instance)) stale.push_back(std::move(instance));
  }
  lock.unlock();
  return instance;
}

template <class Instance>
void WarmPool<Instance>::fill() {
  if (m_size == 0) return;
  {
    const std::lock_guard lock(m_mutex);
    m_is_wanted = true;
    try {
      if (!m_thread.joinable()) m_thread = std::thread([this] { refill(); });
    } catch (const std::system_error& error) {
      m_log.warning(std::string("cannot prewarm a sandbox: ") + error.what());
    }
  }
  m_wanted.notify_all();
}

template <class Instance>
void WarmPool<Instance>::refill() {
  std::unique_lock lock(m_mutex);
  while (!m_is_stopping) {
    if (!m_is_wanted || m_instances.size() >= m_size) {
      m_is_wanted = false;
      m_wanted.wait(lock, [this] { return m_is_wanted || m_is_stopping; });
      continue;
    }
    lock.unlock();
    std::unique_ptr<Instance> instance;
    std::string failure;
    try {
      instance = m_make(m_stop);
    } catch (const std::exception& error) {
      failure = error.what();
    }
    lock.lock();
    if (instance) {
      m_instances.push_back(std::move(instance));
    } else {
      // The next start will meet the same problem and report it to its caller. Until then a new attempt would only
      // repeat it.
      m_is_wanted = false;
      if (!m_is_stopping) m_log.warning("cannot prewarm a sandbox: " + failure);
    }
  }
  m_instances.clear();
}

}  // namespace tellina::sandbox_common
