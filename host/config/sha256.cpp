#include "host/config/sha256.hpp"

#include <openssl/evp.h>

#include <array>

#include "host/config/unicode.hpp"
#include "tellina/error.hpp"

namespace tellina {

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw Error(ErrorCode::internal, "SHA-256 is not to be had from OpenSSL");
  }
  std::string digits;
  for (unsigned int i = 0; i < size; ++i) digits += hexadecimal(digest[i], 2);
  return digits;
}

}  // namespace tellina
