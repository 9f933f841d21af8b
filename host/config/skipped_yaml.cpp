#include "host/config/skipped_yaml.hpp"

#include <algorithm>

#include "host/runtime/assertion.hpp"

namespace tellina {

std::optional<std::size_t> end_of_quoted(std::string_view source, std::size_t start) {
  TELLINA_ASSERT(start < source.size() && (source[start] == '"' || source[start] == '\''));
  const char quote = source[start];
  for (std::size_t position = start + 1; position < source.size(); ++position) {
    if (source[position] == '\\' && quote == '"') {
      ++position;
    } else if (source[position] == quote) {
      if (quote == '"' || position + 1 == source.size() || source[position + 1] != quote) return position + 1;
      ++position;
    }
  }
  return std::nullopt;
}

SkippedYaml::SkippedYaml(std::string_view source, const std::vector<ScalarStart>& scalars) : m_source(source) {
  for (const ScalarStart& scalar : scalars) {
    TELLINA_ASSERT(m_position <= scalar.offset);
    scan_to(scalar.offset);
    skip(scalar);
  }
  scan_to(m_source.size());
}

std::size_t SkippedYaml::end_of_line(std::size_t position) const {
  return std::min(m_source.find('\n', position), m_source.size());
}

void SkippedYaml::scan_to(std::size_t end) {
  while (m_position < std::min(end, m_source.size())) {
    const char before = m_position == 0 ? '\n' : m_source[m_position - 1];
    if (at(m_position) == '%' && before == '\n' && !m_directive) m_directive = m_position;
    if (at(m_position) == '#' && (before == ' ' || before == '\t' || before == '\n')) {
      ++m_comments;
      m_position = end_of_line(m_position);
    } else {
      ++m_position;
    }
  }
}

void SkippedYaml::skip(const ScalarStart& scalar) {
  const char kind = at(scalar.offset);
  m_position = scalar.offset + 1;
  if (kind == '"' || kind == '\'') {
    m_position = end_of_quoted(m_source, scalar.offset).value_or(m_source.size());
    return;
  }
  const std::size_t digit = m_source.find_first_not_of("+-", m_position);
  const bool is_given = digit < m_source.size() && m_source[digit] >= '1' && m_source[digit] <= '9';
  scan_to(end_of_line(m_position));
  skip_block(is_given ? std::max(scalar.outer_indentation, 0) + (m_source[digit] - '0') : 0, scalar.outer_indentation);
}

void SkippedYaml::skip_block(int indentation, int outer_indentation) {
  while (m_position < m_source.size()) {
    const std::size_t line = m_position + 1;
    const std::size_t text = std::min(m_source.find_first_not_of(' ', line), m_source.size());
    const int columns = static_cast<int>(text - std::min(line, text));
    if (at(text) != '\n' && at(text) != '\r') {
      if (indentation == 0) indentation = std::max(columns, outer_indentation + 1);
      if (columns < indentation) return;
    }
    m_position = end_of_line(line);
  }
}

}  // namespace tellina
