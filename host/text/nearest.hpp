#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tellina {

/// The candidate that was probably meant: the fewest insertions, deletions, replacements and swaps of neighbours away
/// (upper and lower case count as alike), and no more than a third of the word. Nothing where none is that near.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

/// `; did you mean "server"?`, to stand behind "got ...", or nothing.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace tellina
