#pragma once

#include <unistd.h>

#include <utility>

namespace tellina {

/// Owns a file descriptor; -1 means none. Open every descriptor close-on-exec, because the host starts programs from
/// other threads.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : m_value(value) {}
  Descriptor(Descriptor&& other) noexcept : m_value(std::exchange(other.m_value, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset(std::exchange(other.m_value, -1));
    return *this;
  }
  ~Descriptor() { reset(); }

  int get() const { return m_value; }
  explicit operator bool() const { return m_value >= 0; }
  /// Gives up ownership without closing the descriptor.
  int release() { return std::exchange(m_value, -1); }
  void reset(int value = -1) {
    if (m_value >= 0) ::close(m_value);
    m_value = value;
  }

 private:
  int m_value = -1;
};

}  // namespace tellina
