#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tellina {

/// A picture that a Markdown text shows.
struct MarkdownPicture {
  /// Where the text names its target, in bytes; `end` is after the last one.
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  std::string target;          ///< "map.png", without escapes and angle brackets; percent-encoded as in the text
  std::string alternative;     ///< the text for people who do not see it; may be empty
  std::optional<Range> place;  ///< absent if the target is written in a way that this file does not find
};

/// All pictures of a text, in order. Text that looks like a picture in code or in HTML is none. The CommonMark library
/// says what is a picture; this function adds where the text names it.
std::vector<MarkdownPicture> find_pictures(const std::string& markdown);

}  // namespace tellina
