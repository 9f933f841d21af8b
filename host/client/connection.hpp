#pragma once

/// One connection to a server, with or without TLS.

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "host/client/http.hpp"

struct ssl_st;

namespace tellina::client {

/// OpenSSL's settings of a client (SSL_CTX): TLS 1.2 and newer, and the certificate must be one of an authority that
/// the system knows (or the file in SSL_CERT_FILE). Throws ClientFailure.
TlsTrust trust_system();
/// Trusts the certificates in this PEM file only. Throws ClientFailure if there is none.
TlsTrust trust_file(const std::string& file);

/// Threads: one. Throws ClientFailure if the connection fails or the limit is reached.
class Connection {
 public:
  /// Connects; with TLS, also checks that the server's certificate is trusted and names the endpoint's host.
  Connection(const Endpoint& endpoint, const WaitLimit& limit);

  int descriptor() const { return m_socket.get(); }
  /// While the connection blocks.
  void send_all(std::string_view bytes);
  /// Waits for more bytes and appends them; returns false at the end of the connection.
  bool receive_more(std::string& received, const WaitLimit& limit);

  void stop_blocking();
  // Like ::send and ::recv, with errno. With TLS, the end of a connection without a close is an end.
  ssize_t send(const char* bytes, std::size_t size);
  /// With TLS, `size` is at least 16 KiB: the most that OpenSSL keeps after a read, where poll() does not see it.
  ssize_t receive(char* bytes, std::size_t size);

 private:
  struct SessionDeleter {
    void operator()(ssl_st* session) const;
  };

  void shake_hands(const Endpoint& endpoint, const WaitLimit& limit);
  /// The result of a call of OpenSSL as that of a system call.
  ssize_t result_of(int returned);

  Descriptor m_socket;
  std::unique_ptr<ssl_st, SessionDeleter> m_session;  ///< null without TLS
};

}  // namespace tellina::client
