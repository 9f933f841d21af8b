#include "plugins/sandbox_common/deadline.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

namespace tellina::sandbox_common {

namespace {

/// How long a wait may take until it looks at the clock again.
constexpr std::chrono::milliseconds longest_look{500};

}  // namespace

Error system_error(const std::string& what, int error_number, std::optional<ErrorCode> code, std::string hint) {
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
      case EUSERS:
        code = ErrorCode::busy;
        break;
      default:
        code = ErrorCode::internal;
        break;
    }
  }
  return Error(*code, what + ": " + std::generic_category().message(error_number), std::move(hint));
}

std::chrono::milliseconds Deadline::left() const {
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(m_end - m_clock.now()), std::chrono::milliseconds(0));
}

bool Deadline::wait(int descriptor, short events, const std::string& what) const {
  for (;;) {
    const auto time = left();
    if (time.count() == 0) return false;
    pollfd watched[] = {{descriptor, events, 0}, {interrupt_descriptor(), POLLIN, 0}};
    // The clock may be another than that of poll().
    const int timeout = static_cast<int>(std::min(time, longest_look).count());
    if (poll(watched, 2, timeout) < 0 && errno != EINTR) throw system_error(what, errno);
    if (watched[1].revents != 0) throw Error(ErrorCode::gone, what + ": nobody needs the sandbox any more");
    if (watched[0].revents != 0) return true;
  }
}

void Deadline::wait_readable(int descriptor, const std::string& what) const {
  if (!wait(descriptor, POLLIN, what)) throw Error(ErrorCode::timed_out, what + ": no answer in time");
}

void Deadline::wait_writable(int descriptor, const std::string& what) const {
  if (!wait(descriptor, POLLOUT, what)) throw Error(ErrorCode::timed_out, what + ": not accepted in time");
}

bool Deadline::wait_readable_for(std::chrono::milliseconds at_most, int descriptor, const std::string& what) const {
  if (within(at_most).wait(descriptor, POLLIN, what)) return true;
  if (left().count() == 0) throw Error(ErrorCode::timed_out, what + ": no answer in time");
  return false;
}

}  // namespace tellina::sandbox_common
