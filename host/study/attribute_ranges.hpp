#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "tellina/bytes.hpp"
#include "tellina/clock.hpp"
#include "tellina/file_tree.hpp"

namespace tellina {

/// What an answer's entry may have instead of one size or one time. A bound that is absent does not count.
class AttributeRange {
 public:
  std::optional<std::uint64_t> least_size;  ///< in bytes
  std::optional<std::uint64_t> largest_size;
  std::optional<WallTime> earliest;
  std::optional<WallTime> latest;

  bool allows_size(const FileNode& actual) const {
    if (!least_size && !largest_size) return true;
    return actual.size && *actual.size >= least_size.value_or(0) && *actual.size <= largest_size.value_or(*actual.size);
  }
  bool allows_time(const FileNode& actual) const {
    if (!earliest && !latest) return true;
    return actual.modified_at && *actual.modified_at >= earliest.value_or(*actual.modified_at) &&
           *actual.modified_at <= latest.value_or(*actual.modified_at);
  }
};

/// By the names of the entries in their tree ("css/app.css").
using AttributeRanges = std::map<Bytes, AttributeRange>;

}  // namespace tellina
