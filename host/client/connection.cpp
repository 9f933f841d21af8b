#include "host/client/connection.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>

namespace tellina::client {
namespace {

TlsTrust make_settings() {
  TlsTrust settings(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (!settings) throw ClientFailure("cannot prepare TLS");
  SSL_CTX_set_min_proto_version(settings.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(settings.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(settings.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return settings;
}

int as_int(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max())); }

}  // namespace

TlsTrust trust_system() {
  TlsTrust settings = make_settings();
  SSL_CTX_set_default_verify_paths(settings.get());
  return settings;
}

TlsTrust trust_file(const std::string& file) {
  TlsTrust settings = make_settings();
  if (SSL_CTX_load_verify_file(settings.get(), file.c_str()) != 1) {
    ERR_clear_error();
    throw ClientFailure("expected a certificate as PEM text in " + file);
  }
  // The file may have a server's certificate alone, without its issuer.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(settings.get()), X509_V_FLAG_PARTIAL_CHAIN);
  return settings;
}

void Connection::SessionDeleter::operator()(ssl_st* session) const { SSL_free(session); }

Connection::Connection(const Endpoint& endpoint, const WaitLimit& limit) : m_socket(connect_to(endpoint)) {
  if (endpoint.tls) shake_hands(endpoint, limit);
}

void Connection::shake_hands(const Endpoint& endpoint, const WaitLimit& limit) {
  m_session.reset(SSL_new(endpoint.tls.get()));
  if (!m_session || SSL_set_fd(m_session.get(), descriptor()) != 1 ||
      SSL_set1_host(m_session.get(), endpoint.host.c_str()) != 1) {
    throw ClientFailure("cannot prepare TLS for " + endpoint.text());
  }
  SSL_set_tlsext_host_name(m_session.get(), endpoint.host.c_str());
  const int flags = ::fcntl(descriptor(), F_GETFL);
  stop_blocking();
  for (;;) {
    ERR_clear_error();
    const int result = SSL_connect(m_session.get());
    if (result == 1) break;
    const int error = SSL_get_error(m_session.get(), result);
    if (error == SSL_ERROR_WANT_READ) {
      limit.wait(descriptor(), POLLIN, "TLS with " + endpoint.text());
    } else if (error == SSL_ERROR_WANT_WRITE) {
      limit.wait(descriptor(), POLLOUT, "TLS with " + endpoint.text());
    } else {
      const long verdict = SSL_get_verify_result(m_session.get());
      const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
      ERR_clear_error();
      throw ClientFailure("no TLS with " + endpoint.text() + ": " +
                          (verdict != X509_V_OK ? X509_verify_cert_error_string(verdict)
                           : reason             ? reason
                                                : "the server closed the connection"));
    }
  }
  ::fcntl(descriptor(), F_SETFL, flags);
}

void Connection::send_all(std::string_view bytes) {
  if (!m_session) return client::send_all(descriptor(), bytes);
  while (!bytes.empty()) {
    const ssize_t sent = send(bytes.data(), bytes.size());
    if (sent < 0) throw ClientFailure(std::string("cannot send a request to the server: ") + std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool Connection::receive_more(std::string& received, const WaitLimit& limit) {
  if (!m_session) return client::receive_more(descriptor(), received, limit);
  limit.wait(descriptor(), POLLIN, "the answer to a request");
  std::array<char, SSL3_RT_MAX_PLAIN_LENGTH> piece;
  const ssize_t got = receive(piece.data(), piece.size());
  if (got > 0) received.append(piece.data(), static_cast<std::size_t>(got));
  return got > 0;
}

void Connection::stop_blocking() { ::fcntl(descriptor(), F_SETFL, O_NONBLOCK); }

ssize_t Connection::send(const char* bytes, std::size_t size) {
  if (!m_session) return ::send(descriptor(), bytes, size, MSG_NOSIGNAL);
  ERR_clear_error();
  return result_of(SSL_write(m_session.get(), bytes, as_int(size)));
}

ssize_t Connection::receive(char* bytes, std::size_t size) {
  if (!m_session) return ::recv(descriptor(), bytes, size, 0);
  ERR_clear_error();
  return result_of(SSL_read(m_session.get(), bytes, as_int(size)));
}

ssize_t Connection::result_of(int returned) {
  if (returned > 0) return returned;
  const int system_error = errno;
  switch (SSL_get_error(m_session.get(), returned)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    case SSL_ERROR_SYSCALL:
      errno = system_error != 0 ? system_error : ECONNRESET;
      return -1;
    default:
      ERR_clear_error();
      errno = EPROTO;
      return -1;
  }
}

}  // namespace tellina::client
