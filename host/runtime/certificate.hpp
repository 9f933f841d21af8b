#pragma once

/// The certificate of a server that speaks TLS.

#include <memory>
#include <string>

#include "tellina/error.hpp"

struct ssl_ctx_st;

namespace tellina {

/// Why a certificate and its key cannot be used. The message names the file.
class CertificateError : public Error {
 public:
  CertificateError(bool is_about_key, const std::string& what)
      : Error(ErrorCode::bad_config, what), m_is_about_key(is_about_key) {}
  bool is_about_key() const { return m_is_about_key; }

 private:
  bool m_is_about_key;
};

/// OpenSSL's settings for a server (SSL_CTX): TLS 1.2 or newer, with forward secrecy. Threads: any.
using TlsSettings = std::shared_ptr<ssl_ctx_st>;

/// Reads two PEM files: the certificate with its chain, and its private key without a passphrase. Throws
/// CertificateError if one is missing or unreadable, or if they do not belong together.
TlsSettings load_certificate(const std::string& certificate, const std::string& key);

/// Throws CertificateError if the certificate has expired or is not valid yet. `file`: its name for the message.
void check_dates(const TlsSettings& settings, const std::string& file);

/// A sentence for a warning if users other than its owner and group may read or change the key; otherwise empty.
std::string find_exposure(const std::string& key);

}  // namespace tellina
