#pragma once

/// The byte stream of an HTTP connection: a socket with time limits, with or without TLS on it.

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <memory>
#include <optional>
#include <utility>

#include "host/gateway/sockets.hpp"
#include "host/gateway/tls_identity.hpp"

namespace tellina {

/// What asio::ssl::stream needs of the layer below it.
class TimedLayer : public TimedStream {
 public:
  using lowest_layer_type = TimedLayer;
  explicit TimedLayer(Socket&& socket) : TimedStream(std::move(socket)) {}
  lowest_layer_type& lowest_layer() { return *this; }
  const lowest_layer_type& lowest_layer() const { return *this; }
};

/// Threads: the loop's of the socket. It may be moved while no operation is pending.
class HttpStream {
 public:
  using executor_type = LoopExecutor;

  explicit HttpStream(Socket socket) : m_parts(std::make_unique<Parts>(std::move(socket))) {}

  executor_type get_executor() noexcept { return m_parts->plain.get_executor(); }
  Socket& socket() { return m_parts->plain.socket(); }
  bool is_encrypted() const { return m_parts->tls.has_value(); }
  /// For the operations that start from now on.
  void expires_after(std::chrono::nanoseconds time) { m_parts->plain.expires_after(time); }
  void expires_never() { m_parts->plain.expires_never(); }
  void close() { m_parts->plain.close(); }

  template <typename Buffers, typename Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (m_parts->tls) return m_parts->tls->async_read_some(buffers, std::forward<Handler>(handler));
    m_parts->plain.async_read_some(buffers, std::forward<Handler>(handler));
  }

  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (m_parts->tls) return m_parts->tls->async_write_some(buffers, std::forward<Handler>(handler));
    m_parts->plain.async_write_some(buffers, std::forward<Handler>(handler));
  }

  /// Begins TLS. `received`: what has been read of the client's handshake. `handler` gets the error and how many of
  /// these bytes were used.
  template <typename Handler>
  void async_handshake(TlsSession session, boost::asio::const_buffer received, Handler&& handler) {
    m_parts->tls.emplace(m_parts->plain, session.release());
    m_parts->tls->async_handshake(boost::asio::ssl::stream_base::server, received, std::forward<Handler>(handler));
  }

  /// Sends close_notify and waits for the client's. Only with TLS.
  template <typename Handler>
  void async_shutdown(Handler&& handler) {
    m_parts->tls->async_shutdown(std::forward<Handler>(handler));
  }

  /// Releases the TLS session, if there is one. After that, only release_socket() may be called. Bytes that the socket
  /// has received but the session has not decrypted are lost.
  TlsSession release_session() {
    if (!m_parts->tls) return nullptr;
    SSL* const session = m_parts->tls->native_handle();
    SSL_up_ref(session);
    m_parts->tls.reset();
    return TlsSession(session);
  }
  Socket release_socket() { return m_parts->plain.release_socket(); }

 private:
  /// On the heap, because TLS refers to the layer below it, and the stream can be moved.
  class Parts {
   public:
    explicit Parts(Socket&& socket) : plain(std::move(socket)) {}
    TimedLayer plain;
    std::optional<boost::asio::ssl::stream<TimedLayer&>> tls;
  };
  std::unique_ptr<Parts> m_parts;
};

}  // namespace tellina
