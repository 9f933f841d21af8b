#pragma once

/// What the system's calls need to be used safely: owned descriptors, and errors in words.

#include <unistd.h>

#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "tellina/error.hpp"

namespace local_sandbox {

/// Owns a file descriptor; -1 is none. Open every one close-on-exec: the host starts programs from other threads.
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
  /// Gives it up without closing it.
  int release() { return std::exchange(m_value, -1); }
  void reset(int value = -1) {
    if (m_value >= 0) ::close(m_value);
    m_value = value;
  }

 private:
  int m_value = -1;
};

/// "WHAT: No such file or directory". The code follows from the errno unless it is given.
inline tellina::Error system_error(const std::string& what, int error_number, std::string hint = {},
                                   std::optional<tellina::ErrorCode> code = {}) {
  using tellina::ErrorCode;
  if (!code) {
    switch (error_number) {
      case EACCES:
      case EPERM:
        code = ErrorCode::permission_denied;
        break;
      case ENOENT:
      case ENOTDIR:
        code = ErrorCode::not_found;
        break;
      case EAGAIN:
      case EMFILE:
      case ENFILE:
      case ENOMEM:
      case ENOSPC:
        code = ErrorCode::busy;
        break;
      default:
        code = ErrorCode::internal;
        break;
    }
  }
  return tellina::Error(*code, what + ": " + std::generic_category().message(error_number), std::move(hint));
}

}  // namespace local_sandbox
