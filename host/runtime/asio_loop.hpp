#pragma once

/// The program's event loop: one io_context, run by one thread.

#include <boost/asio/io_context.hpp>

#include "host/runtime/loop.hpp"

namespace tellina {

/// `clock` must go at the pace of the machine's own, as the kernel's timers do the waiting. Where it jumps ahead, as
/// that of a machine does that has slept, what is due is done within 250 ms.
class AsioLoop final : public Loop {
 public:
  explicit AsioLoop(Clock& clock);

  /// Returns when stop() has been called. Whoever calls it is the loop's thread.
  void run();
  /// Any thread; also before run().
  void stop();

  /// For code that speaks Asio itself: the gateway.
  boost::asio::io_context& context() { return m_context; }

  void post(Task task) override;
  bool is_current() const override;
  Clock& clock() override { return m_clock; }
  std::unique_ptr<Timer> make_timer() override;
  std::unique_ptr<Watch> watch(int descriptor) override;

 private:
  Clock& m_clock;
  boost::asio::io_context m_context;
};

}  // namespace tellina
