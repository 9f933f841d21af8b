#include "host/text/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "host/text/utf8.hpp"
#include "tellina/text.hpp"

namespace tellina {

std::string json_string(std::string_view text) {
  static constexpr std::string_view special = "\"\\\b\f\n\r\t";
  static constexpr std::string_view letters = "\"\\bfnrt";
  std::string quoted = "\"";
  quoted.reserve(text.size() + 2);
  while (!text.empty()) {
    const std::size_t size = utf8_sequence_size(text);
    const std::size_t known = special.find(text.front());
    if (known != std::string_view::npos) {
      quoted += {'\\', letters[known]};
    } else if (static_cast<std::uint8_t>(text.front()) < 0x20 || text.front() == 0x7f) {
      quoted += "\\u" + hexadecimal(static_cast<std::uint8_t>(text.front()), 4);
    } else if (size == 0) {
      quoted += "\xef\xbf\xbd";
    } else {
      quoted += text.substr(0, size);
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return quoted + '"';
}

std::string json_number(double value) {
  std::array<char, 32> text{};
  const std::to_chars_result end = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end.ptr};
}

JsonObject& JsonObject::add_json(std::string_view name, std::string_view json) {
  if (m_text.size() > 1) m_text += ',';
  m_text.append(1, '"').append(name).append("\":").append(json);
  return *this;
}

}  // namespace tellina
