#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tellina {

/// The candidate that was probably meant: the one with the fewest insertions, deletions, replacements and swaps of
/// neighbours (ignoring case), at most a third of the word's length. Nothing if no candidate is that close.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

/// `; did you mean "server"?`, to append to "got ...", or an empty string.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace tellina
