#include "host/text/message_parts.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "host/limits.hpp"
#include "host/text/utf8.hpp"
#include "tellina/text.hpp"

namespace tellina {

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  std::size_t position = 0;
  while (position < text.size()) {
    if (position > limits::quoted_text) {
      result += "...";
      break;
    }
    const std::size_t start = position;
    const std::optional<char32_t> character = next_character(text, position);
    if (!character) {
      result += "\\x" + hexadecimal(static_cast<unsigned char>(text[start]), 2);
      position = start + 1;
    } else if (*character == U'"' || *character == U'\\') {
      result += '\\';
      result += static_cast<char>(*character);
    } else if (!is_printable(*character)) {
      result += "\\u" + hexadecimal(*character, 4);
    } else {
      result += text.substr(start, position - start);
    }
  }
  return result + "\"";
}

std::string describe(const Config& value) {
  return value.is_string() ? in_quotes(value.as_string()) : value.describe();
}

std::string listed(const std::vector<std::string>& names, std::string_view last_word) {
  std::vector<std::string> parts;
  std::transform(names.begin(), names.end(), std::back_inserter(parts),
                 [](const std::string& name) { return in_quotes(name); });
  return joined(parts, last_word);
}

std::string joined(const std::vector<std::string>& parts, std::string_view last_word) {
  std::string result;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) result += i + 1 == parts.size() ? " " + std::string(last_word) + " " : ", ";
    result += parts[i];
  }
  return result;
}

std::string counted(std::int64_t count, const std::string& noun) {
  if (count == 1) return "1 " + noun;
  const std::string plural = noun.ends_with("y") ? noun.substr(0, noun.size() - 1) + "ies" : noun + "s";
  return std::to_string(count) + " " + plural;
}

}  // namespace tellina
