#include "host/bench/key_sequence.hpp"

namespace tellina::bench {
namespace {

constexpr std::uint64_t different_keys = 251;

std::uint64_t number_of(char byte) {
  const auto number = static_cast<unsigned char>(byte);
  return number == 255 ? static_cast<unsigned char>(end_key) : number % different_keys;
}

}  // namespace

char key_of(std::uint64_t number) {
  const auto byte = static_cast<unsigned char>(number % different_keys);
  return byte == static_cast<unsigned char>(end_key) ? '\xff' : static_cast<char>(byte);
}

std::uint64_t KeyChecker::take(char byte) {
  ++m_received;
  const std::uint64_t ahead = (number_of(byte) + different_keys - m_next % different_keys) % different_keys;
  if (ahead <= different_keys / 2) {
    for (std::uint64_t skipped = m_next; skipped < m_next + ahead; ++skipped) m_missing.insert(skipped);
    m_next += ahead + 1;
    return m_next - 1;
  }
  const std::uint64_t behind = different_keys - ahead;
  const std::uint64_t number = m_next > behind ? m_next - behind : 0;
  if (m_missing.erase(number) > 0)
    ++m_reordered;
  else
    ++m_doubled;
  return number;
}

void KeyChecker::take_all(std::string_view bytes) {
  for (const char byte : bytes) {
    if (byte == key_of(m_next)) {
      ++m_next;
      ++m_received;
    } else {
      take(byte);
    }
  }
}

}  // namespace tellina::bench
