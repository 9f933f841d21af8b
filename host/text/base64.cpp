#include "host/text/base64.hpp"

#include <openssl/evp.h>

namespace tellina {

std::string base64(BytesView bytes) {
  // One more byte, because OpenSSL adds a NUL.
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

}  // namespace tellina
