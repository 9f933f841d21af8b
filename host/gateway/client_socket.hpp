#pragma once

/// A WebSocket's socket, with or without TLS on it, whose close frame reaches the client.

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/role.hpp>

#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "host/gateway/sockets.hpp"
#include "host/gateway/tls_identity.hpp"

namespace tellina {

/// Reads until the client closes its side, then closes the socket. The socket's owner limits the time by closing the
/// socket itself.
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

/// After a failed WebSocket, Beast 1.81 discards at most 2 KiB of the bytes that the client still sends. The kernel
/// then resets the connection, and the client may not receive the close frame. This class discards all of them.
///
/// Compared with a plain socket, a read or write costs one more branch, but no virtual call.
class ClientSocket : public Socket {
 public:
  /// `session`: of the client's connection, or null for plain text.
  ClientSocket(Socket&& socket, TlsSession session) : Socket(std::move(socket)) {
    if (session) m_tls.emplace(static_cast<Socket&>(*this), session.release());
  }
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  template <typename Buffers, typename Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (m_tls) return m_tls->async_read_some(buffers, std::forward<Handler>(handler));
    Socket::async_read_some(buffers, std::forward<Handler>(handler));
  }

  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (m_tls) return m_tls->async_write_some(buffers, std::forward<Handler>(handler));
    Socket::async_write_some(buffers, std::forward<Handler>(handler));
  }

  /// Beast finds this function by argument-dependent lookup and calls it instead of its own teardown.
  template <typename Handler>
  friend void async_teardown(boost::beast::role_type, ClientSocket& socket, Handler&& handler) {
    SocketError ignored;
    socket.shutdown(Socket::shutdown_send, ignored);
    Socket& base = socket;
    boost::asio::async_compose<Handler, void(SocketError)>(DrainOperation(base), handler, base);
  }

 private:
  std::optional<boost::asio::ssl::stream<Socket&>> m_tls;
};

}  // namespace tellina
