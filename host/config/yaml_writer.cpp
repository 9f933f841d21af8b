#include "host/config/yaml_writer.hpp"

#include <algorithm>
#include <optional>

#include "host/config/yaml_plain.hpp"
#include "host/runtime/assertion.hpp"
#include "host/text/utf8.hpp"
#include "tellina/text.hpp"

namespace tellina {
namespace {

constexpr std::size_t step = 2;  ///< columns that each level is indented by
constexpr std::size_t widest_line = 100;
constexpr std::size_t longest_key = 1000;  ///< in bytes with quotes; YAML requires "? " before a key of more than 1024

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/// Text that every YAML reader takes for text without quotes, outside of brackets.
bool is_plain(const std::string& text) {
  if (text.empty() || !is_printable(text) || read_plain(text).kind != PlainKind::text) return false;
  const std::size_t letter = std::string_view("/.$").find(text[0]) == std::string_view::npos ? 0 : 1;
  if (letter >= text.size() || !is_letter(text[letter])) return false;
  return text.find(": ") == std::string::npos && text.find(" #") == std::string::npos && text.back() != ':' &&
         text.back() != ' ';
}

std::string in_double_quotes(const std::string& text) {
  static constexpr std::string_view special = "\"\\\b\f\n\r\t";
  static constexpr std::string_view letters = "\"\\bfnrt";
  std::string result = "\"";
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t start = position;
    const std::size_t known = special.find(text[start]);
    const std::optional<char32_t> character = next_character(text, position);
    TELLINA_ASSERT(character.has_value());
    if (known != std::string_view::npos) {
      result += '\\';
      result += letters[known];
    } else if (is_printable(*character)) {
      result.append(text, start, position - start);
    } else {
      result += *character > 0xFFFF ? "\\U" + hexadecimal(*character, 8) : "\\u" + hexadecimal(*character, 4);
    }
  }
  return result + '"';
}

std::string key_text(const std::string& key) {
  return is_plain(key) && key.size() <= longest_key ? key : in_double_quotes(key);
}

/// Text of several lines that a block scalar preserves.
bool fits_block(const std::string& text) {
  if (text.find('\n') == std::string::npos || std::string_view(" \t\n").find(text[0]) != std::string_view::npos)
    return false;
  for (std::size_t line = 0; line < text.size();) {
    const std::size_t next = std::min(text.find('\n', line), text.size());
    const std::string content = text.substr(line, next - line);
    if (!content.empty() && content.find_first_not_of(" \t") == std::string::npos) return false;
    for (std::size_t start = 0; start < content.size();) {
      const std::size_t tab = std::min(content.find('\t', start), content.size());
      if (!is_printable(std::string_view(content).substr(start, tab - start))) return false;
      start = tab + 1;
    }
    line = next + 1;
  }
  return true;
}

std::string block(const std::string& text, std::size_t indentation) {
  const std::size_t content = text.find_last_not_of('\n') + 1;
  const std::size_t line_ends = text.size() - content;
  std::string result = line_ends == 0 ? "|-" : line_ends == 1 ? "|" : "|+";
  for (std::size_t line = 0; line < text.size();) {
    const std::size_t next = std::min(text.find('\n', line), text.size());
    result += '\n';
    if (next > line) result += std::string(indentation, ' ') + text.substr(line, next - line);
    line = next + 1;
  }
  return result;
}

/// A key inside of brackets.
std::string in_flow(const std::string& key) {
  const bool is_word = std::all_of(key.begin(), key.end(), [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '$' || c == '.' || c == '-';
  });
  return is_word ? key_text(key) : in_double_quotes(key);
}

bool has_parts(const Config& value) {
  return (value.is_array() && !value.items().empty()) || (value.is_object() && !value.members().empty());
}

std::string scalar(const Config& value, std::size_t indentation) {
  if (value.is_array()) return "[]";
  if (value.is_object()) return "{}";
  if (!value.is_string()) return value.describe();
  const std::string& text = value.as_string();
  if (is_plain(text)) return text;
  return indentation > 0 && fits_block(text) ? block(text, indentation) : in_double_quotes(text);
}

/// The attributes of a file, a link or an archive in one line, such as {$file: {size: 900}}. Nothing if they need more
/// than `columns`, or contain text of several lines.
std::optional<std::string> one_line(const Config& value, std::size_t columns) {
  const bool is_special = value.is_object() && value.members().size() == 1 && value.members()[0].first.starts_with('$');
  if (!is_special) return std::nullopt;
  const auto& [name, member] = value.members()[0];
  std::string inside;
  if (member.is_string()) {
    inside = in_double_quotes(member.as_string());
  } else if (member.is_object()) {
    for (const auto& [key, attribute] : member.members()) {
      if (has_parts(attribute)) return std::nullopt;
      inside += (inside.empty() ? "" : ", ") + in_flow(key) + ": " +
                (attribute.is_string() ? in_double_quotes(attribute.as_string()) : scalar(attribute, 0));
    }
    inside = "{" + inside + "}";
  } else {
    return std::nullopt;
  }
  const std::string text = "{" + in_flow(name) + ": " + inside + "}";
  return text.size() <= columns && text.find("\\n") == std::string::npos ? std::optional(text) : std::nullopt;
}

/// The lines of an array or object. The caller has already written `indentation` columns of the first line.
std::string parts(const Config& value, std::size_t indentation);

/// The text after "- ", "? key\n: " and the like, which are `step` columns wide.
std::string inner(const Config& value, std::size_t indentation) {
  return has_parts(value) ? parts(value, indentation + step) : scalar(value, indentation + step);
}

std::string parts(const Config& value, std::size_t indentation) {
  const std::string margin = "\n" + std::string(indentation, ' ');
  std::string result;
  const auto add = [&](const std::string& part) { result += (result.empty() ? "" : margin) + part; };
  if (value.is_array()) {
    for (const Config& item : value.items()) add("- " + inner(item, indentation));
    return result;
  }
  for (const auto& [key, member] : value.members()) {
    const std::string name = key_text(key);
    const std::size_t used = indentation + name.size() + 2;
    const std::optional<std::string> line = one_line(member, widest_line > used ? widest_line - used : 0);
    if (line && name.size() <= longest_key) {
      add(name + ": " + *line);
    } else if (name.size() > longest_key) {
      add("? " + name + margin + ": " + inner(member, indentation));
    } else if (has_parts(member)) {
      add(name + ":" + margin + std::string(step, ' ') + parts(member, indentation + step));
    } else {
      add(name + ": " + scalar(member, indentation + step));
    }
  }
  return result;
}

}  // namespace

std::string pretty_yaml(const Config& value) {
  const std::string text = has_parts(value) ? parts(value, 0) : scalar(value, 0);
  return text + "\n";
}

}  // namespace tellina
