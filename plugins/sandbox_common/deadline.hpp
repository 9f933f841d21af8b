#pragma once

/// Waits that end at a deadline, or when they are interrupted.

#include <algorithm>
#include <chrono>
#include <optional>

#include "plugins/common/wake_up.hpp"
#include "tellina/clock.hpp"
#include "tellina/descriptor.hpp"
#include "tellina/error.hpp"

namespace tellina::sandbox_common {

/// "WHAT: No such file or directory". Without `code`, the errno determines the code.
Error system_error(const std::string& what, int error_number, std::optional<ErrorCode> code = {},
                   std::string hint = {});

class Deadline {
 public:
  /// `interrupt` may be null and is never cleared. It and the clock must outlive the object.
  Deadline(Clock& clock, std::chrono::milliseconds time, const WakeUp* interrupt)
      : Deadline(clock, time, interrupt ? interrupt->descriptor() : -1) {}
  /// `interrupt`: a descriptor that becomes and stays readable, or -1.
  Deadline(Clock& clock, std::chrono::milliseconds time, int interrupt)
      : m_clock(clock), m_end(clock.now() + time), m_interrupt(interrupt) {}

  /// Returns when the descriptor is readable or its other end is gone. Throws Error(timed_out) "WHAT: ..." or, when
  /// interrupted, Error(gone).
  void wait_readable(int descriptor, const std::string& what) const;
  void wait_writable(int descriptor, const std::string& what) const;
  /// Returns false if `at_most` passes before the deadline.
  bool wait_readable_for(std::chrono::milliseconds at_most, int descriptor, const std::string& what) const;

  /// The remaining time, or `time` if that is less.
  Deadline within(std::chrono::milliseconds time) const {
    return Deadline(m_clock, std::min(m_end, m_clock.now() + time), m_interrupt);
  }
  /// The same time, without interruption.
  Deadline uninterrupted() const { return Deadline(m_clock, m_end, -1); }
  /// 0 when the deadline has passed.
  std::chrono::milliseconds left() const;
  /// Readable once interrupted; -1 if there is no interruption.
  int interrupt_descriptor() const { return m_interrupt; }

 private:
  Deadline(Clock& clock, MonotonicTime end, int interrupt) : m_clock(clock), m_end(end), m_interrupt(interrupt) {}
  /// Returns false when the time has passed.
  bool wait(int descriptor, short events, const std::string& what) const;

  Clock& m_clock;
  MonotonicTime m_end;
  int m_interrupt;
};

}  // namespace tellina::sandbox_common
