#include "host/runtime/certificate.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace tellina {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

[[noreturn]] void fail(bool is_about_key, const std::string& file, const std::string& expected) {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  throw CertificateError(is_about_key,
                         "expected " + expected + " in " + file + (reason ? ": " + std::string(reason) : ""));
}

void check_readable(bool is_about_key, const std::string& file) {
  const File opened(std::fopen(file.c_str(), "re"), &std::fclose);
  if (opened) return;
  throw CertificateError(is_about_key, "cannot read " + file + ": " + std::strerror(errno));
}

/// Without this, OpenSSL would ask for a key's passphrase at the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

TlsSettings load_certificate(const std::string& certificate, const std::string& key) {
  ERR_clear_error();
  const TlsSettings settings(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  if (!settings) fail(false, certificate, "OpenSSL's settings for the certificate");
  SSL_CTX* const context = settings.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");  // for TLS 1.2; all ciphers of TLS 1.3 are good
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context,
                                 SSL_SESS_CACHE_OFF);  // clients resume with tickets, which the server does not store
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  check_readable(false, certificate);
  check_readable(true, key);
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    fail(false, certificate, "a certificate as PEM text, with its chain");
  }
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    const bool is_mismatch = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH ||
                             ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_TYPE_MISMATCH;
    if (is_mismatch) fail(true, key, "the private key of the certificate in " + certificate);
    fail(true, key, "a private key as PEM text, without a passphrase,");
  }
  if (SSL_CTX_check_private_key(context) != 1) fail(true, key, "the private key of the certificate in " + certificate);
  return settings;
}

void check_dates(const TlsSettings& settings, const std::string& file) {
  const X509* certificate = SSL_CTX_get0_certificate(settings.get());
  const auto date = [](const ASN1_TIME* time) {
    const std::unique_ptr<BIO, int (*)(BIO*)> memory(BIO_new(BIO_s_mem()), &BIO_free);
    ASN1_TIME_print(memory.get(), time);
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &text);
    return std::string(text, static_cast<std::size_t>(size));
  };
  const ASN1_TIME* end = X509_get0_notAfter(certificate);
  const ASN1_TIME* begin = X509_get0_notBefore(certificate);
  if (X509_cmp_current_time(end) < 0)
    throw CertificateError(false, "the certificate in " + file + " expired at " + date(end));
  if (X509_cmp_current_time(begin) > 0) {
    throw CertificateError(false, "the certificate in " + file + " is not valid before " + date(begin));
  }
}

std::string find_exposure(const std::string& key) {
  struct stat found {};
  // Debian gives keys to the group ssl-cert, so the group may read.
  constexpr mode_t refused = S_IROTH | S_IWOTH | S_IWGRP;
  if (::stat(key.c_str(), &found) != 0 || (found.st_mode & refused) == 0) return {};
  const bool is_readable = (found.st_mode & S_IROTH) != 0;
  return "other users can " + std::string(is_readable ? "read" : "change") + " the private key in " + key +
         ": run `chmod 600` on it, and if they may have used it, get a new one";
}

}  // namespace tellina
