#pragma once

/// Threads for calls that block: sandbox backends, mostly.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tellina {

/// Threads: any may submit. Tasks must not throw.
class BlockingPool {
 public:
  using Task = std::function<void()>;

  /// Starting a sandbox can hang with its backend, so starts hold at most half of the threads.
  enum class Use { start, other };

  virtual ~BlockingPool() = default;
  virtual void submit(Use use, Task task) = 0;
};

/// The program's pool. Its threads live until the destructor, because the kernel ends a sandbox's launcher together
/// with the thread that forked it (PR_SET_PDEATHSIG). The destructor runs what was submitted, then joins.
class ThreadPool final : public BlockingPool {
 public:
  explicit ThreadPool(std::size_t threads);
  ~ThreadPool() override;
  void submit(Use use, Task task) override;

 private:
  void run();
  bool take(Task& task, Use& use);

  std::mutex m_mutex;
  std::condition_variable m_changed;
  std::deque<Task> m_starts;
  std::deque<Task> m_others;
  const std::size_t m_size;
  std::size_t m_starts_running = 0;
  bool m_closing = false;
  std::vector<std::thread> m_threads;
};

}  // namespace tellina
