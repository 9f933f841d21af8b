#pragma once

#include <string>

namespace tellina {

/// What one check found. `passed` is the verdict; the counts and the detail go to the page, so they never say more
/// about the answer than how much of it is missing.
class Progress {
 public:
  Progress() = default;
  bool operator==(const Progress&) const = default;

  bool passed = false;
  int matched = 0;
  int missing = 0;
  int extra = 0;
  int incorrect = 0;
  /// A JSON array of {"path"|"line": ..., "status": "matched"|"extra"|"incorrect"}, at most 200 entries, of things
  /// that the participant has; names that are no UTF-8 have U+FFFD in the place of each bad byte.
  std::string detail = "[]";
};

}  // namespace tellina
