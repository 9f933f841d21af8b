#include "host/store/digest.hpp"

#include <openssl/evp.h>

#include "tellina/error.hpp"

namespace tellina {

std::string sha256_hex(BytesView bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1) {
    throw Error(ErrorCode::internal, "OpenSSL cannot make a SHA-256 digest");
  }
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * size);
  for (unsigned int place = 0; place < size; ++place) {
    hex += digits[digest[place] >> 4];
    hex += digits[digest[place] & 15];
  }
  return hex;
}

}  // namespace tellina
