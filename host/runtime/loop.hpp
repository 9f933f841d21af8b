#pragma once

/// One thread of events: where connections, gates and sessions live.

#include <functional>
#include <memory>

#include "tellina/clock.hpp"

namespace tellina {

/// Everything that belongs to a loop is touched on its thread only, so it needs no lock. Others post().
///
/// The program's loops run on Asio (AsioLoop); a test's runs under a virtual clock (VirtualLoop).
class Loop {
 public:
  using Task = std::function<void()>;

  /// A one-shot alarm, reusable. Threads: the loop's. Its destructor cancels.
  class Timer {
   public:
    virtual ~Timer() = default;
    /// Replaces an alarm that is still to come. A time in the past fires on the loop's next turn.
    virtual void start(MonotonicTime when, Task task) = 0;
    virtual void cancel() = 0;
  };

  /// Waits on a descriptor that the caller keeps open until the watch is destroyed. Threads: the loop's.
  class Watch {
   public:
    virtual ~Watch() = default;
    /// One shot each: the task runs once, when the descriptor can be read (or has hung up), or written.
    virtual void when_readable(Task task) = 0;
    virtual void when_writable(Task task) = 0;
  };

  virtual ~Loop() = default;

  /// Any thread. Tasks of one poster run in the order posted, on the loop's thread, never inside post().
  virtual void post(Task task) = 0;
  virtual bool is_current() const = 0;
  virtual Clock& clock() = 0;
  virtual std::unique_ptr<Timer> make_timer() = 0;
  virtual std::unique_ptr<Watch> watch(int descriptor) = 0;
};

}  // namespace tellina
