#include "host/runtime/utf8.hpp"

#include <cstdint>

namespace tellina {

/// The ranges are table 3-7 of the Unicode standard.
std::size_t utf8_sequence_size(BytesView bytes) {
  const auto byte = [bytes](std::size_t place) { return static_cast<std::uint8_t>(bytes[place]); };
  const std::uint8_t first = byte(0);
  if (first != 0 && first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const std::size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (bytes.size() < size) return 0;
  const std::uint8_t lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const std::uint8_t highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < lowest || byte(1) > highest) return 0;
  for (std::size_t place = 2; place < size; ++place) {
    if ((byte(place) & 0xc0) != 0x80) return 0;
  }
  return size;
}

}  // namespace tellina
