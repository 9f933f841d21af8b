#include "host/store/text.hpp"

#include "host/runtime/utf8.hpp"

namespace tellina {

bool is_plain_text(BytesView bytes) {
  while (!bytes.empty()) {
    const std::size_t size = utf8_sequence_size(bytes);
    if (size == 0) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

}  // namespace tellina
