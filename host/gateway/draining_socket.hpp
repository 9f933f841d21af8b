#pragma once

/// A WebSocket's socket that makes sure that the close frame reaches the client.

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/core/role.hpp>

#include <array>
#include <memory>
#include <utility>

#include "host/gateway/sockets.hpp"

namespace tellina {

/// Reads until the client closes, then closes. The socket's owner closes it earlier if that takes too long.
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

/// When a WebSocket fails, Beast 1.81 reads at most 2 KiB more from the client and then closes. If the client has sent
/// more, the kernel resets the connection, and the client may never see the close frame. This class reads everything.
class DrainingSocket : public Socket {
 public:
  explicit DrainingSocket(Socket&& socket) : Socket(std::move(socket)) {}

  /// Beast finds this overload by argument-dependent lookup and calls it instead of its own teardown.
  template <typename Handler>
  friend void async_teardown(boost::beast::role_type, DrainingSocket& socket, Handler&& handler) {
    SocketError ignored;
    socket.shutdown(Socket::shutdown_send, ignored);
    Socket& base = socket;
    boost::asio::async_compose<Handler, void(SocketError)>(DrainOperation(base), handler, base);
  }
};

}  // namespace tellina
