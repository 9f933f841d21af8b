#include "socket.hpp"

#include <cerrno>
#include <cstring>
#include <memory>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace tellina::redis {
namespace {

using std::chrono::milliseconds;

std::string error_text(int number) { return std::strerror(number); }

/// With these options, the kernel notices within about six seconds that the other machine is gone, even if nothing is
/// being sent.
void set_options(int socket) {
  const auto set = [socket](int level, int name, int value) {
    ::setsockopt(socket, level, name, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 3);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 1);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

/// Returns 0 or the error.
int connect_within(int socket, const sockaddr* address, socklen_t size, int stop, milliseconds limit) {
  if (::connect(socket, address, size) == 0) return 0;
  // A unix socket returns EAGAIN if the server's backlog is full.
  if (errno != EINPROGRESS) return errno;
  if (wait_for(socket, POLLOUT, stop, limit) == 0) return ETIMEDOUT;
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

Descriptor open_unix(const std::string& path, int stop, milliseconds limit) {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) throw Failure(Failure::Kind::lost, "cannot open a socket: " + error_text(errno));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int error =
      connect_within(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address, stop, limit);
  if (error != 0) throw Failure(Failure::Kind::lost, "cannot connect: " + error_text(error));
  return socket;
}

}  // namespace

short wait_for(int socket, short events, int stop, milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd watched[] = {{stop, POLLIN, 0}, {socket, events, 0}};
    const int count = ::poll(watched, 2, left.count() > 0 ? static_cast<int>(left.count()) : 0);
    if (count < 0 && errno != EINTR) throw Failure(Failure::Kind::lost, "poll: " + error_text(errno));
    if (count > 0 && watched[0].revents) throw Failure(Failure::Kind::stopped, "the channel layer is closing");
    if (count > 0 && watched[1].revents) return watched[1].revents & (POLLERR | POLLHUP) ? events : watched[1].revents;
    if (count == 0) return 0;
  }
}

bool sleep_unless_stopped(milliseconds duration, int stop) {
  try {
    constexpr int none = -1;
    wait_for(none, 0, stop, duration);
    return true;
  } catch (const Failure& failure) {
    return failure.kind != Failure::Kind::stopped;
  }
}

Descriptor open_socket(const Address& address, int stop, milliseconds limit) {
  if (!address.path.empty()) return open_unix(address.path, stop, limit);
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int fault = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &wanted, &list);
  if (fault != 0) {
    throw Failure(Failure::Kind::lost, "the host \"" + address.host + "\" was not found: " + ::gai_strerror(fault));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  int error = 0;
  for (const addrinfo* found = list; found; found = found->ai_next) {
    Descriptor socket(
        ::socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, found->ai_protocol));
    if (socket.get() < 0) {
      error = errno;
      continue;
    }
    error = connect_within(socket.get(), found->ai_addr, found->ai_addrlen, stop, limit);
    if (error != 0) continue;
    set_options(socket.get());
    return socket;
  }
  throw Failure(Failure::Kind::lost, "cannot connect: " + error_text(error));
}

}  // namespace tellina::redis
