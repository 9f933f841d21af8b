#pragma once

#include <cerrno>
#include <system_error>

#include <sys/eventfd.h>

#include "tellina/descriptor.hpp"

namespace tellina::redis {

/// A descriptor that is readable from raise() to clear(). Threads: any.
class Signal {
 public:
  /// Throws std::system_error where the process has no descriptor left.
  Signal() : m_event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (m_event.get() < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  int descriptor() const { return m_event.get(); }
  void raise() { ::eventfd_write(m_event.get(), 1); }
  void clear() {
    eventfd_t ignored = 0;
    ::eventfd_read(m_event.get(), &ignored);
  }

 private:
  const Descriptor m_event;
};

}  // namespace tellina::redis
