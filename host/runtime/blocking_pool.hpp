#pragma once

/// Threads for calls that block, mostly those of sandbox backends.

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
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

  /// Tasks of each use can hang with their backend. So starts, which may take minutes, have threads of their own; calls
  /// and removals get at most half of the other threads each, and checks and a researcher's programs, which may need
  /// much memory, get a quarter each. A removal interrupts calls and checks, so it never waits for threads that the
  /// other uses occupy.
  enum class Use : std::uint8_t { start, call, check, program, removal };

  virtual ~BlockingPool() = default;
  /// `memory`: how many bytes a check or a program may need at most. It waits while others of its use run and their sum
  /// would exceed limits::check_memory.
  virtual void submit(Use use, Task task, std::size_t memory = 0) = 0;
};

/// The program's pool. Its threads live until the destructor, because the kernel ends a sandbox's launcher together
/// with the thread that forked it (PR_SET_PDEATHSIG). The destructor runs all submitted tasks, then joins the threads.
class ThreadPool final : public BlockingPool {
 public:
  /// Starts `threads` threads, at least four, and `start_threads`, at least one, for Use::start. Throws
  /// Error(unavailable) if the system cannot.
  ThreadPool(std::size_t threads, std::size_t start_threads);
  ~ThreadPool() override;
  /// From now on, up to this many starts run at a time: when all of their threads are busy, another thread is started.
  /// If the system cannot start one, the starts wait. Threads: any.
  void allow_starts(std::size_t most);
  void submit(Use use, Task task, std::size_t memory = 0) override;

  void check_invariant() const;

 private:
  struct Work {
    Task task;
    Use use = Use::start;
    std::size_t memory = 0;
  };
  /// The waiting tasks of one use, and how many of its tasks run and need how much.
  struct Queue {
    std::deque<Work> waiting;
    std::size_t running = 0;
    std::size_t memory = 0;
  };

  void run();
  /// Runs starts, in the order in which they were submitted.
  void run_starts();
  /// Starts a thread for starts if one is needed and allowed.
  void add_start_thread_locked();
  void finish_locked(const Work& work);
  /// Runs all submitted tasks and joins the threads.
  void close();
  bool take(Work& work);
  /// Whether the first waiting task of this use may run. No later task overtakes it.
  bool may_run(Use use) const;
  /// The most tasks of this use that run at a time.
  std::size_t most(Use use) const {
    if (use == Use::start) return m_most_starts;
    return use == Use::check || use == Use::program ? m_size / 4 : m_size / 2;
  }
  /// Calls, checks and programs that run.
  std::size_t others_running() const;
  bool is_empty() const;
  void check_invariant_locked() const;
  Queue& queue(Use use) { return m_queues[static_cast<std::size_t>(use)]; }
  const Queue& queue(Use use) const { return m_queues[static_cast<std::size_t>(use)]; }

  mutable std::mutex m_mutex;
  std::condition_variable m_changed;
  std::condition_variable m_starts_changed;
  std::array<Queue, 5> m_queues;
  const std::size_t m_size;
  std::size_t m_most_starts;
  bool m_closing = false;
  std::vector<std::thread> m_threads;
  std::vector<std::thread> m_start_threads;
};

}  // namespace tellina
