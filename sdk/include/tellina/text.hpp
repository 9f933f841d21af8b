#pragma once

/// Hexadecimal digits, percent coding and a stable hash.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tellina {

/// Lower-case digits, at least `width`, with leading zeros.
inline std::string hexadecimal(std::uint64_t number, std::size_t width = 1) {
  std::string digits;
  for (; number != 0 || digits.size() < width; number >>= 4)
    digits.insert(digits.begin(), "0123456789abcdef"[number & 15]);
  return digits;
}

/// Two lower-case digits for each byte.
inline std::string hexadecimal(std::string_view bytes) {
  std::string digits;
  digits.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    digits += "0123456789abcdef"[byte >> 4];
    digits += "0123456789abcdef"[byte & 15];
  }
  return digits;
}

/// The value of a digit of either case; -1 for any other character.
inline int hexadecimal_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Encodes every byte that RFC 3986 (section 2.3) does not call unreserved.
inline std::string percent_encode(std::string_view text) {
  constexpr std::string_view unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  for (const char c : text) {
    if (unreserved.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      encoded += {'%', "0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
    }
  }
  return encoded;
}

/// Returns nothing if a '%' is not followed by two hexadecimal digits. The result may contain any byte, even NUL.
inline std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hexadecimal_digit(text[i + 1]);
    const int low = hexadecimal_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

/// FNV-1a with 64 bits (draft-eastlake-fnv). Unlike std::hash it gives the same value in every build. It does
/// not protect against deliberate collisions.
class Fnv1a {
 public:
  Fnv1a& add(std::string_view bytes) {
    for (const char c : bytes) add_word(static_cast<std::uint8_t>(c));
    return *this;
  }
  /// Hashes the whole number in one step. This is faster than hashing its bytes, and gives another value.
  Fnv1a& add_word(std::uint64_t word) {
    m_value = (m_value ^ word) * 0x100000001b3;
    return *this;
  }
  std::uint64_t value() const { return m_value; }

 private:
  std::uint64_t m_value = 0xcbf29ce484222325;
};

}  // namespace tellina
