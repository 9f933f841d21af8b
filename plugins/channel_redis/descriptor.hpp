#pragma once

#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

namespace tellina::redis {

/// Owns a file descriptor; -1 is none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : m_value(value) {}
  Descriptor(Descriptor&& other) noexcept : m_value(std::exchange(other.m_value, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (m_value >= 0) ::close(m_value);
    m_value = std::exchange(other.m_value, -1);
    return *this;
  }
  ~Descriptor() {
    if (m_value >= 0) ::close(m_value);
  }

  int get() const { return m_value; }
  int release() { return std::exchange(m_value, -1); }

 private:
  int m_value = -1;
};

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
