#pragma once

#include <string>

namespace tellina {

/// What one check found. `passed` is the verdict. What of the rest goes to the page depends on the task's feedback.
///
/// Of a stdout task: `matched` is the longest run of the answer's lines that stands in the output, `missing` the rest
/// of the answer, `extra` how many other lines the output has (at most 999,999; they are allowed), `incorrect` 0.
/// Of a filesystem task: counts of entries.
class Progress {
 public:
  Progress() = default;
  bool operator==(const Progress&) const = default;

  bool passed = false;
  int matched = 0;
  int missing = 0;
  int extra = 0;
  int incorrect = 0;
  /// A JSON array of {"path"|"line": ..., "status": "matched"|"extra"|"incorrect"}, at most 200 entries and 32 KiB, of
  /// things that the participant has; names that are no UTF-8 have U+FFFD in the place of each bad byte. Of an
  /// incorrect path also "differs": an array of "kind", "content", "size", "mode", "modified_at", "owner", "target".
  /// Paths: the incorrect first, then the extra, then the matched. Lines: the output's first ones, in its order.
  std::string detail = "[]";
  /// The same with the status "missing", of what the participant has not. Of an output whose right lines are not among
  /// its first 200: "[]".
  std::string missing_detail = "[]";
};

}  // namespace tellina
