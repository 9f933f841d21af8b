#pragma once

/// An event loop: one thread, on which connections, gates and sessions run.

#include <functional>
#include <memory>

#include "tellina/clock.hpp"

namespace tellina {

/// An object that belongs to a loop is used only on that loop's thread, so it needs no lock. Other threads use post().
///
/// The program's loops run on Asio (AsioLoop); a test's runs under a virtual clock (VirtualLoop).
class Loop {
 public:
  using Task = std::function<void()>;

  /// A one-shot, reusable timer. Threads: the loop's. Its destructor cancels it.
  class Timer {
   public:
    virtual ~Timer() = default;
    /// Replaces a task that has not run yet. If `when` has passed, the new task runs on the loop's next turn. `task`
    /// must not be empty; it may destroy the timer.
    virtual void start(MonotonicTime when, Task task) = 0;
    virtual void cancel() = 0;
  };

  /// Waits for a descriptor, which the caller keeps open until the watch is destroyed. Threads: the loop's.
  class Watch {
   public:
    virtual ~Watch() = default;
    /// The task runs once, when the descriptor becomes readable (or hangs up), or writable.
    virtual void when_readable(Task task) = 0;
    virtual void when_writable(Task task) = 0;
  };

  virtual ~Loop() = default;

  /// Any thread. The tasks of one thread run in the order posted, on the loop's thread, never inside post().
  virtual void post(Task task) = 0;
  virtual bool is_current() const = 0;
  virtual Clock& clock() = 0;
  virtual std::unique_ptr<Timer> make_timer() = 0;
  virtual std::unique_ptr<Watch> watch(int descriptor) = 0;
};

}  // namespace tellina
