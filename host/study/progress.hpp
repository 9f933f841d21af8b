#pragma once

#include <optional>
#include <string>

namespace tellina {

/// The result of one check. `passed` is the verdict. The task's feedback level decides which other parts the page gets.
///
/// For a stdout task whose answer's lines are searched, `matched` is the longest run of the answer's lines in the
/// output, `missing` the number of the answer's other lines, `extra` the number of other output lines (at most
/// 999,999), and `incorrect` is 0. For a filesystem task, these count entries. Where the complete output of a command
/// decides, see compare_items() and RecordMatch::match().
struct Progress {
  bool operator==(const Progress&) const = default;

  bool passed = false;
  int matched = 0;
  int missing = 0;
  int extra = 0;
  int incorrect = 0;
  std::optional<double> score{};  ///< 0 to 1, from a checker
  /// For a stdout task: the output has the answer, but more other lines than the task allows.
  bool has_too_much_output = false;
  /// For a file_search task: the names below its root are not those of the start, as they must be.
  bool has_changed_names = false;
  /// A JSON array of {"path"|"line": ..., "status": "matched"|"extra"|"incorrect"}, with at most 200 entries and 32
  /// KiB, about things that the participant has. In names that are not UTF-8, U+FFFD replaces each bad byte. An
  /// incorrect path also has "differs": an array of "kind", "content", "size", "mode", "modified_at", "owner",
  /// "target". Paths: first the incorrect ones, then the extra, then the matched. Lines: the first ones of the output,
  /// in order.
  std::string detail = "[]";
  /// The same with the status "missing", for things that the participant lacks. "[]" for an output in which the
  /// matching lines are not among the first 200.
  std::string missing_detail = "[]";
};

}  // namespace tellina
