#include "host/text/utf8.hpp"

#include <algorithm>
#include <cstdint>

namespace tellina {

/// The ranges of bytes are from table 3-7 of the Unicode standard.
std::size_t utf8_sequence_size(BytesView bytes) {
  const auto byte = [bytes](std::size_t place) { return static_cast<std::uint8_t>(bytes[place]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return 1;
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

std::optional<char32_t> next_character(std::string_view text, std::size_t& position) {
  const std::size_t size = utf8_sequence_size(text.substr(position));
  if (size == 0) return std::nullopt;
  const auto first = static_cast<std::uint8_t>(text[position]);
  std::uint32_t character = size == 1 ? first : first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    character = (character << 6) | (static_cast<std::uint8_t>(text[position + i]) & 0x3FU);
  }
  position += size;
  return static_cast<char32_t>(character);
}

void append_utf8(std::string& text, char32_t character) {
  const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (character < 0x80) {
    put(character);
  } else if (character < 0x800) {
    put(0xC0 | (character >> 6));
    put(0x80 | (character & 0x3F));
  } else if (character < 0x10000) {
    put(0xE0 | (character >> 12));
    put(0x80 | ((character >> 6) & 0x3F));
    put(0x80 | (character & 0x3F));
  } else {
    put(0xF0 | (character >> 18));
    put(0x80 | ((character >> 12) & 0x3F));
    put(0x80 | ((character >> 6) & 0x3F));
    put(0x80 | (character & 0x3F));
  }
}

std::string_view utf8_prefix(std::string_view text, std::size_t max_size) {
  if (text.size() <= max_size) return text;
  while (max_size > 0 && (static_cast<std::uint8_t>(text[max_size]) & 0xC0) == 0x80) --max_size;
  return text.substr(0, max_size);
}

std::string replace_invalid_utf8(BytesView bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t size = utf8_sequence_size(bytes);
    text += size == 0 ? "\xef\xbf\xbd" : bytes.substr(0, size);
    bytes.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return text;
}

bool is_utf8_without_nul(BytesView bytes) {
  while (!bytes.empty()) {
    const std::size_t size = utf8_sequence_size(bytes);
    if (size == 0 || bytes.front() == 0) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

bool is_printable(char32_t character) {
  const auto between = [&](char32_t low, char32_t high) { return character >= low && character <= high; };
  return !(character < 0x20 || between(0x7F, 0x9F) || character == 0xAD || between(0x200B, 0x200F) ||
           between(0x2028, 0x202E) || between(0x2060, 0x206F) || character == 0xFEFF || between(0xFDD0, 0xFDEF) ||
           between(0xFFF9, 0xFFFB) || (character & 0xFFFE) == 0xFFFE);
}

bool is_printable(std::string_view text) {
  for (std::size_t position = 0; position < text.size();) {
    const std::optional<char32_t> character = next_character(text, position);
    if (!character || !is_printable(*character)) return false;
  }
  return true;
}

}  // namespace tellina
