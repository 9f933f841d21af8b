#pragma once

/// The certificate that the gateway shows to clients, and the TLS of one connection.

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>

#include "host/runtime/certificate.hpp"

namespace tellina {

class TlsSessionDeleter {
 public:
  void operator()(SSL* session) const { SSL_free(session); }
};
/// OpenSSL's state of one connection. It belongs to one loop at a time.
using TlsSession = std::unique_ptr<SSL, TlsSessionDeleter>;

/// Threads: any.
class TlsIdentity {
 public:
  /// `certificate` and `key`: see load_certificate(), also for what this and reload() throw.
  TlsIdentity(std::string certificate, std::string key)
      : m_certificate(std::move(certificate)),
        m_key(std::move(key)),
        m_settings(load_certificate(m_certificate, m_key)) {}

  /// Reads the files again, for new connections. If they cannot be used, or are not valid now, the old ones stay.
  void reload() {
    TlsSettings settings = load_certificate(m_certificate, m_key);
    check_dates(settings, m_certificate);
    std::lock_guard lock(m_mutex);
    m_settings = std::move(settings);
  }

  /// Why clients will not accept the certificate now; empty if no reason is known.
  std::string fault() const {
    try {
      std::lock_guard lock(m_mutex);
      check_dates(m_settings, m_certificate);
      return {};
    } catch (const CertificateError& error) {
      return error.what();
    }
  }

  /// See find_exposure().
  std::string exposure() const { return find_exposure(m_key); }

  /// For a new connection of a client. Throws std::bad_alloc.
  TlsSession open_session() const {
    std::lock_guard lock(m_mutex);
    TlsSession session(SSL_new(m_settings.get()));
    if (!session) throw std::bad_alloc();
    return session;
  }

 private:
  const std::string m_certificate;
  const std::string m_key;
  mutable std::mutex m_mutex;
  TlsSettings m_settings;
};

}  // namespace tellina
