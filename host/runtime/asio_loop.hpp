#pragma once

/// The program's event loop: one io_context, run by one thread.

#include <boost/asio/io_context.hpp>

#include "host/runtime/loop.hpp"

namespace tellina {

/// The loop waits with the kernel's timers, so `clock` must run at the same rate as the machine's clock. If `clock`
/// jumps ahead, as after the machine was suspended, due timers fire within 250 ms.
class AsioLoop final : public Loop {
 public:
  /// Throws Error(unavailable) if the kernel has no epoll watch left for it.
  explicit AsioLoop(Clock& clock);

  /// Returns when stop() has been called. The calling thread is the loop's.
  void run();
  /// Any thread; may be called before run().
  void stop();

  /// For code that uses Asio itself: the gateway.
  boost::asio::io_context& context() { return m_context; }

  void post(Task task) override;
  bool is_current() const override;
  Clock& clock() override { return m_clock; }
  std::unique_ptr<Timer> make_timer() override;
  std::unique_ptr<Watch> watch(int descriptor) override;

 private:
  /// Asio does not notice if the kernel refuses to watch its wake-up and its timer. Such a loop would hang.
  void check_wake_up();

  Clock& m_clock;
  boost::asio::io_context m_context;
};

}  // namespace tellina
