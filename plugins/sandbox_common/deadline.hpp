#pragma once

/// Waiting that ends: at a time, or when somebody no longer wants it.

#include <algorithm>
#include <chrono>
#include <optional>

#include "plugins/common/wake_up.hpp"
#include "tellina/clock.hpp"
#include "tellina/descriptor.hpp"
#include "tellina/error.hpp"

namespace tellina::sandbox_common {

/// "WHAT: No such file or directory". The code follows from the errno unless it is given.
Error system_error(const std::string& what, int error_number, std::optional<ErrorCode> code = {},
                   std::string hint = {});

class Deadline {
 public:
  /// `interrupt`, which is never cleared, may be null; it and the clock must outlive this.
  Deadline(Clock& clock, std::chrono::milliseconds time, const WakeUp* interrupt)
      : m_clock(clock), m_end(clock.now() + time), m_interrupt(interrupt) {}

  /// Returns when the descriptor is readable or its other end has gone. Throws Error(timed_out) "WHAT: ..." or, when
  /// interrupted, Error(gone).
  void wait_readable(int descriptor, const std::string& what) const;
  void wait_writable(int descriptor, const std::string& what) const;
  /// Returns false where `at_most` has passed before the deadline.
  bool wait_readable_for(std::chrono::milliseconds at_most, int descriptor, const std::string& what) const;

  /// What is left of the time, or `time` where that is less.
  Deadline within(std::chrono::milliseconds time) const {
    return Deadline(m_clock, std::min(m_end, m_clock.now() + time), m_interrupt);
  }
  /// The same time, and nobody interrupts it.
  Deadline uninterrupted() const { return Deadline(m_clock, m_end, nullptr); }
  /// 0 when it has passed.
  std::chrono::milliseconds left() const;
  /// Readable once interrupted; -1 where nobody can.
  int interrupt_descriptor() const { return m_interrupt ? m_interrupt->descriptor() : -1; }

 private:
  Deadline(Clock& clock, MonotonicTime end, const WakeUp* interrupt)
      : m_clock(clock), m_end(end), m_interrupt(interrupt) {}
  /// Returns false when the time has passed.
  bool wait(int descriptor, short events, const std::string& what) const;

  Clock& m_clock;
  MonotonicTime m_end;
  const WakeUp* m_interrupt;
};

}  // namespace tellina::sandbox_common
