#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace tellina {

/// A quoted JSON string as in RFC 8259, section 7. It also escapes DEL, so that no ASCII control character reaches a
/// terminal that shows the text. Bytes that are not UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

/// A finite number in the shortest form that reads as the same value.
std::string json_number(double value);

/// Writes an object on one line, with its members in the order added. It does not escape or compare names: each must be
/// a plain word and must be added once.
class JsonObject {
 public:
  JsonObject& add(std::string_view name, std::string_view text) { return add_json(name, json_string(text)); }
  JsonObject& add(std::string_view name, const char* text) { return add(name, std::string_view(text)); }
  JsonObject& add(std::string_view name, std::integral auto number) { return add_json(name, std::to_string(number)); }
  JsonObject& add(std::string_view name, bool value) { return add_json(name, value ? "true" : "false"); }
  /// `json`: a value as JSON text.
  JsonObject& add_json(std::string_view name, std::string_view json);
  std::string text() const { return m_text + '}'; }

 private:
  std::string m_text = "{";
};

}  // namespace tellina
