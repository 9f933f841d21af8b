#pragma once

/// TLS on the connection to a Redis server ("rediss://").

#include <openssl/ssl.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include <hiredis/hiredis.h>

#include "url.hpp"

namespace tellina::redis {

class SslDeleter {
 public:
  void operator()(SSL* session) const { SSL_free(session); }
  void operator()(SSL_CTX* settings) const { SSL_CTX_free(settings); }
};

/// TLS 1.2 or newer on a socket that does not block. The server has to show a certificate of its host name or address
/// from an authority that is trusted: those of `ca_file` if it is set, otherwise those of the system.
///
/// Threads: one at a time.
class Tls {
 public:
  /// Does the handshake on the connected socket, which stays the caller's. Throws Failure, also if the certificate is
  /// not accepted.
  Tls(const Address& address, int socket, int stop, std::chrono::milliseconds limit);

  /// Like send(2), with its errno: the number of bytes, or -1, with EAGAIN if the socket takes none now.
  ssize_t send(std::string_view bytes) noexcept;
  /// Gives the reader everything that has arrived, so that nothing more is left that the socket would not announce.
  /// Returns REDIS_ERR, with the cause in the context, once the connection has ended.
  int receive(redisContext& context);

 private:
  std::unique_ptr<SSL_CTX, SslDeleter> m_settings;
  std::unique_ptr<SSL, SslDeleter> m_session;
};

}  // namespace tellina::redis
