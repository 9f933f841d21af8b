#include "plugins/sandbox_chroot/warm_pool.hpp"

namespace tellina::chroot_sandbox {

WarmPool::~WarmPool() {
  {
    const std::lock_guard lock(m_mutex);
    m_is_stopping = true;
  }
  m_stop.raise();
  m_wanted.notify_all();
  if (m_thread.joinable()) m_thread.join();
}

std::unique_ptr<Cell> WarmPool::claim() {
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

void WarmPool::fill() {
  if (m_size == 0) return;
  {
    const std::lock_guard lock(m_mutex);
    m_is_wanted = true;
    if (!m_thread.joinable()) m_thread = std::thread([this] { refill(); });
  }
  m_wanted.notify_all();
}

void WarmPool::refill() {
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

}  // namespace tellina::chroot_sandbox
