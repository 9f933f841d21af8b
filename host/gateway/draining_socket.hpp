#pragma once

/// A WebSocket's socket whose close frame reaches the client.

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/core/role.hpp>

#include <array>
#include <memory>
#include <utility>

#include "host/gateway/sockets.hpp"

namespace tellina {

/// Reads until the client has closed, then closes. The owner of the socket bounds the time by closing it.
class DrainOperation {
 public:
  explicit DrainOperation(Socket& socket) : m_socket(socket) {}

  template <typename Self>
  void operator()(Self& self, SocketError error = {}, std::size_t = 0) {
    if (!error) return m_socket.async_read_some(boost::asio::buffer(*m_discarded), std::move(self));
    if (error == boost::asio::error::eof) error = {};
    SocketError ignored;
    m_socket.close(ignored);
    self.complete(error);
  }

 private:
  Socket& m_socket;
  std::unique_ptr<std::array<char, 4096>> m_discarded = std::make_unique<std::array<char, 4096>>();
};

/// Beast 1.81 ends a failed WebSocket after 2 KiB of what the client still sends; the kernel then resets the
/// connection, and the client may never see the close frame. This reads all of it.
class DrainingSocket : public Socket {
 public:
  explicit DrainingSocket(Socket&& socket) : Socket(std::move(socket)) {}

  /// Beast calls this by argument-dependent lookup instead of its own teardown.
  template <typename Handler>
  friend void async_teardown(boost::beast::role_type, DrainingSocket& socket, Handler&& handler) {
    SocketError ignored;
    socket.shutdown(Socket::shutdown_send, ignored);
    Socket& base = socket;
    boost::asio::async_compose<Handler, void(SocketError)>(DrainOperation(base), handler, base);
  }
};

}  // namespace tellina
