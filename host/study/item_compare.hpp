#pragma once

/// Compares what a command printed, item by item, with an answer.

#include <cstdint>
#include <vector>

#include "host/study/progress.hpp"
#include "tellina/bytes.hpp"

namespace tellina {

/// What of the order and the number of equal items must agree.
enum class ItemOrder : std::uint8_t {
  exact,      ///< both
  unordered,  ///< the number
  set,        ///< neither: an item counts once
};

class Item {
 public:
  explicit Item(Bytes key_) : key(std::move(key_)), text(key) {}
  Item(Bytes key_, Bytes text_) : key(std::move(key_)), text(std::move(text_)) {}
  Bytes key;   ///< items with equal keys are equal
  Bytes text;  ///< what a participant sees of it
};

/// `name`: what an item is, "line" or "path", in the result's detail. In an exact order, `matched` is the largest
/// number of items that are in the order of the answer, and `incorrect` the number of the others that the answer has
/// too. Takes O(n log n) time.
Progress compare_items(const char* name, const std::vector<Item>& answer, const std::vector<Item>& found,
                       ItemOrder order);

}  // namespace tellina
