#include "host/config/unicode.hpp"

#include <cstdio>

namespace tellina {

std::optional<char32_t> next_character(std::string_view text, std::size_t& position) {
  const auto byte_at = [&](std::size_t index) -> std::uint32_t {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0;
  };
  const std::uint32_t first = byte_at(position);
  if (first < 0x80) {
    ++position;
    return static_cast<char32_t>(first);
  }
  if (first < 0xC2 || first > 0xF4) return std::nullopt;
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  std::uint32_t character = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const std::uint32_t next = byte_at(position + i);
    if ((next & 0xC0) != 0x80) return std::nullopt;
    character = (character << 6) | (next & 0x3F);
  }
  const bool overlong = (length == 3 && character < 0x800) || (length == 4 && character < 0x10000);
  const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
  if (overlong || surrogate || character > 0x10FFFF) return std::nullopt;
  position += length;
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

std::string hexadecimal(std::uint32_t number, int width) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "%0*x", width, number);
  return digits;
}

}  // namespace tellina
