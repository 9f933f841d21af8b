#include "tls.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string>

#include "socket.hpp"

namespace tellina::redis {
namespace {

std::string reason_of_openssl() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  return reason ? reason : "the connection was closed";
}

bool is_ip_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> binary{};
  return inet_pton(AF_INET, host.c_str(), binary.data()) == 1 || inet_pton(AF_INET6, host.c_str(), binary.data()) == 1;
}

void expect_host(SSL* session, const std::string& host) {
  if (is_ip_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str());
    return;
  }
  SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  SSL_set1_host(session, host.c_str());
  SSL_set_tlsext_host_name(session, host.c_str());
}

/// Like the write function of a socket BIO, but a closed connection raises no SIGPIPE, because a plugin must not rely
/// on how its host handles signals.
int write_without_signal(BIO* socket, const char* bytes, int count) {
  BIO_clear_retry_flags(socket);
  const auto sent =
      static_cast<int>(::send(BIO_get_fd(socket, nullptr), bytes, static_cast<std::size_t>(count), MSG_NOSIGNAL));
  if (sent < 0 && BIO_sock_should_retry(sent) != 0) BIO_set_retry_write(socket);
  return sent;
}

const BIO_METHOD* socket_without_signals() {
  static const std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> method = [] {
    const BIO_METHOD* plain = BIO_s_socket();
    std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> made(BIO_meth_new(BIO_TYPE_SOCKET, "socket"), &BIO_meth_free);
    if (!made) throw std::bad_alloc();
    BIO_meth_set_read(made.get(), BIO_meth_get_read(plain));
    BIO_meth_set_ctrl(made.get(), BIO_meth_get_ctrl(plain));
    BIO_meth_set_create(made.get(), BIO_meth_get_create(plain));
    BIO_meth_set_destroy(made.get(), BIO_meth_get_destroy(plain));
    BIO_meth_set_write(made.get(), &write_without_signal);
    return made;
  }();
  return method.get();
}

}  // namespace

Tls::Tls(const Address& address, int socket, int stop, std::chrono::milliseconds limit)
    : m_settings(SSL_CTX_new(TLS_client_method())) {
  if (!m_settings) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(m_settings.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(m_settings.get(), SSL_VERIFY_PEER, nullptr);
  // A part of a record may be sent again from another place in memory.
  SSL_CTX_set_mode(m_settings.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ERR_clear_error();
  const int loaded = address.ca_file.empty()
                         ? SSL_CTX_set_default_verify_paths(m_settings.get())
                         : SSL_CTX_load_verify_locations(m_settings.get(), address.ca_file.c_str(), nullptr);
  if (loaded != 1) {
    throw Failure(Failure::Kind::refused, "TLS: cannot read the certificates in " +
                                              (address.ca_file.empty() ? "the system's folder" : address.ca_file) +
                                              ": " + reason_of_openssl());
  }
  m_session.reset(SSL_new(m_settings.get()));
  BIO* const transport = BIO_new(socket_without_signals());
  if (!m_session || !transport) throw std::bad_alloc();
  BIO_set_fd(transport, socket, BIO_NOCLOSE);
  SSL_set_bio(m_session.get(), transport, transport);
  expect_host(m_session.get(), address.host);
  for (;;) {
    ERR_clear_error();
    const int result = SSL_connect(m_session.get());
    if (result == 1) return;
    const int wanted = SSL_get_error(m_session.get(), result);
    if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE) break;
    if (wait_for(socket, wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, stop, limit) == 0) {
      throw Failure(Failure::Kind::lost, "TLS: no answer for " + std::to_string(limit.count()) + " ms");
    }
  }
  const long verdict = SSL_get_verify_result(m_session.get());
  if (verdict != X509_V_OK) {
    ERR_clear_error();
    throw Failure(Failure::Kind::refused, std::string("TLS: the server's certificate is not accepted: ") +
                                              X509_verify_cert_error_string(verdict));
  }
  throw Failure(Failure::Kind::lost, "TLS: the handshake failed: " + reason_of_openssl());
}

ssize_t Tls::send(std::string_view bytes) noexcept {
  ERR_clear_error();
  const int count = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
  const int sent = SSL_write(m_session.get(), bytes.data(), count);
  if (sent > 0) return sent;
  const int wanted = SSL_get_error(m_session.get(), sent);
  const bool may_continue = wanted == SSL_ERROR_WANT_READ || wanted == SSL_ERROR_WANT_WRITE;
  if (may_continue) {
    errno = EAGAIN;
  } else if (wanted != SSL_ERROR_SYSCALL || errno == 0) {
    errno = EPIPE;
  }
  return -1;
}

int Tls::receive(redisContext& context) {
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    ERR_clear_error();
    const int count = SSL_read(m_session.get(), buffer.data(), buffer.size());
    if (count > 0) {
      if (redisReaderFeed(context.reader, buffer.data(), static_cast<std::size_t>(count)) != REDIS_OK) return REDIS_ERR;
      continue;
    }
    const int wanted = SSL_get_error(m_session.get(), count);
    if (wanted == SSL_ERROR_WANT_READ || wanted == SSL_ERROR_WANT_WRITE) return REDIS_OK;
    const std::string reason = reason_of_openssl();
    context.err = wanted == SSL_ERROR_ZERO_RETURN || wanted == SSL_ERROR_SYSCALL ? REDIS_ERR_EOF : REDIS_ERR_IO;
    reason.copy(context.errstr, sizeof context.errstr - 1);
    context.errstr[std::min(reason.size(), sizeof context.errstr - 1)] = '\0';
    return REDIS_ERR;
  }
}

}  // namespace tellina::redis
