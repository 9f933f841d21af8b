#pragma once

/// Event loops, each on its own thread.

#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "host/runtime/asio_loop.hpp"
#include "host/runtime/assertion.hpp"
#include "host/runtime/threads.hpp"

namespace tellina {

/// The loops run until stop() or the destructor.
class LoopThreads {
 public:
  /// Throws Error(unavailable) if the system has not enough threads or epoll watches left.
  LoopThreads(std::size_t count, Clock& clock) {
    try {
      for (std::size_t i = 0; i < count; ++i) {
        m_loops.push_back(std::make_unique<AsioLoop>(clock));
        m_threads.push_back(start_thread("an event loop", [&loop = *m_loops.back()] { loop.run(); }));
      }
    } catch (...) {
      stop();
      throw;
    }
  }
  LoopThreads(const LoopThreads&) = delete;
  LoopThreads& operator=(const LoopThreads&) = delete;
  ~LoopThreads() { stop(); }

  void stop() {
    for (const auto& loop : m_loops) loop->stop();
    for (std::thread& thread : m_threads) {
      if (thread.joinable()) thread.join();
    }
  }

  std::size_t size() const { return m_loops.size(); }
  AsioLoop& operator[](std::size_t index) {
    TELLINA_ASSERT_PROCESS(index < m_loops.size());
    return *m_loops[index];
  }
  std::vector<AsioLoop*> all() const {
    std::vector<AsioLoop*> loops;
    for (const auto& loop : m_loops) loops.push_back(loop.get());
    return loops;
  }

 private:
  std::vector<std::unique_ptr<AsioLoop>> m_loops;
  std::vector<std::thread> m_threads;
};

/// Runs a call on a loop from another thread, waits for it, and rethrows what it threw.
inline void run_on(Loop& loop, const std::function<void()>& call) {
  TELLINA_ASSERT_PROCESS(!loop.is_current());  // it would wait for itself
  std::promise<void> done;
  loop.post([&] {
    try {
      call();
      done.set_value();
    } catch (...) {
      done.set_exception(std::current_exception());
    }
  });
  done.get_future().get();
}

}  // namespace tellina
