#include "host/study/draws.hpp"

#include <limits>

#include "host/runtime/assertion.hpp"
#include "host/text/sha256.hpp"

namespace tellina {

Draws::Draws(std::int64_t seed, std::string_view stage, std::string_view purpose, std::int64_t number)
    : m_key(std::to_string(seed) + '\0' + std::string(stage) + '\0' + std::string(purpose) + '\0' +
            std::to_string(number) + '\0') {}

std::uint64_t Draws::below(std::uint64_t count) {
  TELLINA_ASSERT(count > 0);
  // Numbers above the last multiple of `count` would make the low results more likely.
  const std::uint64_t excess = (std::numeric_limits<std::uint64_t>::max() % count + 1) % count;
  for (;;) {
    const std::string digest = sha256(m_key + std::to_string(m_counter++));
    const std::uint64_t number = std::stoull(digest.substr(0, 16), nullptr, 16);
    if (number <= std::numeric_limits<std::uint64_t>::max() - excess) return number % count;
  }
}

}  // namespace tellina
