#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace tellina {

/// The offset after the quote that ends the YAML string whose first quote is at `start`; nothing if there is none.
std::optional<std::size_t> end_of_quoted(std::string_view source, std::size_t start);

/// The start of a quoted or block scalar, inside which '#' and '%' are text.
struct ScalarStart {
  std::size_t offset;
  /// For a block scalar: the indentation of its object or array, in columns; -1 outside of all.
  int outer_indentation;
};

/// Finds what yaml-cpp skips silently: comments and directives.
class SkippedYaml {
 public:
  /// `scalars`: in the order of the text. `source` must be valid during the call.
  SkippedYaml(std::string_view source, const std::vector<ScalarStart>& scalars);

  /// How many '#' are at the start of a line or follow white space.
  std::size_t comments() const { return m_comments; }
  /// The offset of the first '%' at the start of a line.
  std::optional<std::size_t> directive() const { return m_directive; }

 private:
  char at(std::size_t position) const { return position < m_source.size() ? m_source[position] : '\n'; }
  std::size_t end_of_line(std::size_t position) const;
  void scan_to(std::size_t end);
  void skip(const ScalarStart& scalar);
  /// `indentation`: of the text, in columns; 0 if its first line determines it.
  void skip_block(int indentation, int outer_indentation);

  std::string_view m_source;
  std::size_t m_position = 0;
  std::size_t m_comments = 0;
  std::optional<std::size_t> m_directive;
};

}  // namespace tellina
