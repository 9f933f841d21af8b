#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tellina {

/// Random numbers from SHA-256(seed, stage, purpose, number, counter), which are the same on every machine; those of
/// <random>'s distributions differ between libraries.
class Draws {
 public:
  /// Different purposes and numbers give independent draws.
  Draws(std::int64_t seed, std::string_view stage, std::string_view purpose, std::int64_t number);

  /// Uniform from 0 to `count` - 1. `count` is at least 1.
  std::uint64_t below(std::uint64_t count);

  /// Each order is as likely as each other one.
  template <typename Item>
  void shuffle(std::vector<Item>& items) {
    for (std::size_t left = items.size(); left > 1; --left) std::swap(items[left - 1], items[below(left)]);
  }

 private:
  std::string m_key;
  std::uint64_t m_counter = 0;
};

}  // namespace tellina
