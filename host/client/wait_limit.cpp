#include "host/client/wait_limit.hpp"

#include <array>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>

#include "host/client/failure.hpp"

namespace tellina::client {

WaitLimit::WaitLimit(const Clock& clock, std::chrono::nanoseconds limit, std::stop_token stop)
    : m_clock(clock),
      m_deadline(clock.now() + limit),
      m_stopped(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      m_stop(std::move(stop)),
      m_callback(m_stop, [this] { ::eventfd_write(m_stopped.get(), 1); }) {
  if (m_stopped.get() < 0) throw ClientFailure("cannot open an event descriptor");
}

void WaitLimit::wait(int descriptor, short events, const std::string& what) const {
  for (;;) {
    if (m_stop.stop_requested()) throw ClientFailure("the server is stopping");
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(m_deadline - m_clock.now());
    if (left.count() <= 0) throw ClientFailure(what + ": timed out");
    std::array<pollfd, 2> entries{{{descriptor, events, 0}, {m_stopped.get(), POLLIN, 0}}};
    if (::poll(entries.data(), entries.size(), static_cast<int>(left.count())) > 0 && entries[0].revents != 0) return;
  }
}

}  // namespace tellina::client
