#include "plugins/sandbox_chroot/deadline.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace tellina::chroot_sandbox {

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

Interrupt::Interrupt() : m_event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!m_event) throw system_error("make an event descriptor", errno);
}

void Interrupt::raise() {
  const std::uint64_t one = 1;
  // Nobody reads it, so it stays readable; a second raise has nothing to add.
  [[maybe_unused]] const ssize_t written = ::write(m_event.get(), &one, sizeof one);
}

void Deadline::wait_readable(int descriptor, const std::string& what) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(m_end - m_clock.now());
    if (left.count() <= 0) throw Error(ErrorCode::timed_out, what + ": no answer in time");
    pollfd watched[] = {{descriptor, POLLIN, 0}, {m_interrupt ? m_interrupt->descriptor() : -1, POLLIN, 0}};
    const int timeout = static_cast<int>(std::min<std::int64_t>(left.count(), 60'000));
    if (poll(watched, 2, timeout) < 0 && errno != EINTR) throw system_error(what, errno);
    if (watched[1].revents != 0) throw Error(ErrorCode::gone, what + ": the sandbox is being destroyed");
    if (watched[0].revents != 0) return;
  }
}

}  // namespace tellina::chroot_sandbox
