#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "plugins/sandbox_chroot/cell.hpp"
#include "tellina/log.hpp"

namespace tellina::chroot_sandbox {

/// Keeps cells ready. Its thread starts with the first fill() and lives as long as the pool, as the cells it makes
/// need.
///
/// Threads: any.
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

}  // namespace tellina::chroot_sandbox
