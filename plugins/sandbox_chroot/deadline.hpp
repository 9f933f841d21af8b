#pragma once

/// Waiting that ends: at a time, or when somebody no longer wants it.

#include <chrono>
#include <optional>

#include "plugins/sandbox_chroot/descriptor.hpp"
#include "tellina/clock.hpp"
#include "tellina/error.hpp"

namespace tellina::chroot_sandbox {

/// "WHAT: No such file or directory". The code follows from the errno unless it is given.
Error system_error(const std::string& what, int error_number, std::optional<ErrorCode> code = {},
                   std::string hint = {});

/// Wakes, for good, whoever waits. Threads: any.
class Interrupt {
 public:
  Interrupt();
  void raise();
  int descriptor() const { return m_event.get(); }

 private:
  Descriptor m_event;
};

class Deadline {
 public:
  /// `interrupt` may be null; it and the clock must outlive this.
  Deadline(Clock& clock, std::chrono::milliseconds time, const Interrupt* interrupt)
      : m_clock(clock), m_end(clock.now() + time), m_interrupt(interrupt) {}

  /// Returns when the descriptor is readable or its other end has gone. Throws Error(timed_out) "WHAT: ..." or, when
  /// interrupted, Error(gone).
  void wait_readable(int descriptor, const std::string& what) const;

 private:
  Clock& m_clock;
  MonotonicTime m_end;
  const Interrupt* m_interrupt;
};

}  // namespace tellina::chroot_sandbox
