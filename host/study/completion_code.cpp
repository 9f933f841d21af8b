#include "host/study/completion_code.hpp"

#include <cstdint>

#include "host/text/sha256.hpp"

namespace tellina {

std::string completion_code(BytesView key, std::string_view participant, Outcome outcome) {
  static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string message(participant);
  message += ' ';
  message += to_string(outcome);
  const Bytes digest = hmac_sha256(key, message);
  std::uint64_t bits = 0;
  for (std::size_t index = 0; index < 5; ++index) bits = bits << 8 | static_cast<unsigned char>(digest[index]);
  std::string code;
  for (int shift = 35; shift >= 0; shift -= 5) code += alphabet[bits >> shift & 31];
  return code;
}

}  // namespace tellina
