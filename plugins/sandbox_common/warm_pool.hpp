#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "plugins/sandbox_common/deadline.hpp"
#include "tellina/log.hpp"

namespace tellina::sandbox_common {

/// Keeps cells ready. Its thread starts with the first fill() and lives as long as the pool, as the cells it makes
/// need.
///
/// Threads: any.
template <class Cell>
class WarmPool {
 public:
  using Make = std::function<std::unique_ptr<Cell>(const Interrupt&)>;
  using IsFresh = std::function<bool(const Cell&)>;

  WarmPool(std::size_t size, Make make, IsFresh is_fresh, Log& log)
      : m_size(size), m_make(std::move(make)), m_is_fresh(std::move(is_fresh)), m_log(log) {}
  /// Ends the cells that nobody has claimed.
  ~WarmPool();

  /// Returns null where none is ready.
  std::unique_ptr<Cell> claim();

  /// Makes as many as are missing, soon. Not done by claim(), since it would slow down the start that claims.
  void fill();

 private:
  void refill();

  const std::size_t m_size;
  const Make m_make;
  const IsFresh m_is_fresh;
  Log& m_log;
  Interrupt m_stop;
  std::mutex m_mutex;
  std::condition_variable m_wanted;
  std::deque<std::unique_ptr<Cell>> m_cells;
  bool m_is_wanted = false;  ///< fill() was called since the last attempt to fill up
  bool m_is_stopping = false;
  std::thread m_thread;
};

template <class Cell>
WarmPool<Cell>::~WarmPool() {
  {
    const std::lock_guard lock(m_mutex);
    m_is_stopping = true;
  }
  m_stop.raise();
  m_wanted.notify_all();
  if (m_thread.joinable()) m_thread.join();
}

template <class Cell>
std::unique_ptr<Cell> WarmPool<Cell>::claim() {
  std::unique_lock lock(m_mutex);
  std::unique_ptr<Cell> cell;
  std::deque<std::unique_ptr<Cell>> stale;  // ended after the lock is given back
  while (!cell && !m_cells.empty()) {
    cell = std::move(m_cells.front());
    m_cells.pop_front();
    if (!m_is_fresh(*cell)) stale.push_back(std::move(cell));
  }
  lock.unlock();
  return cell;
}

template <class Cell>
void WarmPool<Cell>::fill() {
  if (m_size == 0) return;
  {
    const std::lock_guard lock(m_mutex);
    m_is_wanted = true;
    if (!m_thread.joinable()) m_thread = std::thread([this] { refill(); });
  }
  m_wanted.notify_all();
}

template <class Cell>
void WarmPool<Cell>::refill() {
  std::unique_lock lock(m_mutex);
  while (!m_is_stopping) {
    if (!m_is_wanted || m_cells.size() >= m_size) {
      m_is_wanted = false;
      m_wanted.wait(lock, [this] { return m_is_wanted || m_is_stopping; });
      continue;
    }
    lock.unlock();
    std::unique_ptr<Cell> cell;
    std::string failure;
    try {
      cell = m_make(m_stop);
    } catch (const std::exception& error) {
      failure = error.what();
    }
    lock.lock();
    if (cell) {
      m_cells.push_back(std::move(cell));
    } else {
      // The next start meets the same trouble and tells its caller; until then a new attempt would only repeat it.
      m_is_wanted = false;
      if (!m_is_stopping) m_log.warning("could not make a sandbox in advance: " + failure);
    }
  }
  m_cells.clear();
}

}  // namespace tellina::sandbox_common
