#include "host/text/sha256.hpp"

#include <openssl/evp.h>

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

}  // namespace tellina
