#include "host/server/supervisor_link.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace tellina {

SupervisorLink::SupervisorLink() {
  const char* value = std::getenv(variable);
  if (!value) return;
  const bool is_ours = value == std::to_string(child_descriptor);
  unsetenv(variable);
  if (is_ours && fcntl(child_descriptor, F_SETFD, FD_CLOEXEC) == 0) m_descriptor = child_descriptor;
}

SupervisorLink::~SupervisorLink() {
  if (m_descriptor >= 0) close(m_descriptor);
}

void SupervisorLink::report_ready(std::uint16_t port) const {
  if (m_descriptor < 0) return;
  // If the supervisor is gone, the code that waits on the descriptor finds out.
  [[maybe_unused]] const ssize_t sent = send(m_descriptor, &port, sizeof port, MSG_NOSIGNAL);
}

std::optional<std::uint16_t> SupervisorLink::take_ready(int descriptor) {
  std::uint16_t port = 0;
  if (recv(descriptor, &port, sizeof port, MSG_DONTWAIT) != static_cast<ssize_t>(sizeof port)) return std::nullopt;
  return port;
}

void SupervisorLink::report_alive() const {
  if (m_descriptor < 0) return;
  const std::uint16_t alive = 0;
  // If the socket's buffer is full, the supervisor has enough unread heartbeats.
  [[maybe_unused]] const ssize_t sent = send(m_descriptor, &alive, sizeof alive, MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool SupervisorLink::take_alive(int descriptor) {
  bool is_alive = false;
  while (take_ready(descriptor)) is_alive = true;
  return is_alive;
}

}  // namespace tellina
