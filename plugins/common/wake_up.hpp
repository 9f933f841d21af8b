#pragma once

#include <sys/eventfd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

#include "tellina/descriptor.hpp"
#include "tellina/error.hpp"

namespace tellina {

/// A descriptor that is readable from raise() to clear(), so that it wakes the threads that poll it. If it is never
/// cleared, it keeps waking all of them.
///
/// Threads: raise(): any; clear(): the waiting thread, before it checks the reason.
class WakeUp {
 public:
  /// Throws Error(unavailable) if the process has no descriptor left.
  WakeUp() : m_event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!m_event) {
      throw Error(ErrorCode::unavailable,
                  "cannot create an event descriptor: " + std::generic_category().message(errno));
    }
  }

  int descriptor() const { return m_event.get(); }

  void raise() {
    // This write cannot fail, because the counter is at 0.
    if (!m_is_raised.exchange(true)) ::eventfd_write(m_event.get(), 1);
  }

  void clear() {
    eventfd_t ignored = 0;
    ::eventfd_read(m_event.get(), &ignored);
    m_is_raised.store(false);
  }

 private:
  const Descriptor m_event;
  std::atomic<bool> m_is_raised = false;
};

}  // namespace tellina
