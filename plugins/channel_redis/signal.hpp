#pragma once

#include <atomic>
#include <cerrno>
#include <system_error>

#include <sys/eventfd.h>

#include "tellina/descriptor.hpp"

namespace tellina::redis {

/// A descriptor that is readable from raise() to clear(). Threads: raise() from any, clear() from the one that waits,
/// before it looks at what was raised for.
class Signal {
 public:
  /// Throws std::system_error where the process has no descriptor left.
  Signal() : m_event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (m_event.get() < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  int descriptor() const { return m_event.get(); }
  void raise() {
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

}  // namespace tellina::redis
