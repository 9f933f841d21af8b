#include "host/text/sha256.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "tellina/error.hpp"
#include "tellina/text.hpp"

namespace tellina {

std::string sha256(BytesView bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1) {
    throw Error(ErrorCode::internal, "OpenSSL cannot compute a SHA-256 digest");
  }
  return hexadecimal(std::string_view(reinterpret_cast<const char*>(digest), size));
}

Bytes hmac_sha256(BytesView key, BytesView message) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  const auto* const text = reinterpret_cast<const unsigned char*>(message.data());
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), text, message.size(), digest, &size)) {
    throw Error(ErrorCode::internal, "OpenSSL cannot compute an HMAC");
  }
  return Bytes(reinterpret_cast<const char*>(digest), size);
}

}  // namespace tellina
