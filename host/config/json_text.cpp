#include "host/config/json_text.hpp"

#include <algorithm>
#include <optional>

#include "host/config/unicode.hpp"
#include "host/config/words.hpp"

namespace tellina {
namespace {

constexpr std::size_t max_depth = 200;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_word_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '+' || c == '-' ||
         c == '.' || c == '$';
}

/// RFC 8259, section 6.
bool is_json_number(std::string_view word) {
  std::size_t position = 0;
  const auto peek = [&] { return position < word.size() ? word[position] : '\0'; };
  const auto digits = [&] {
    const std::size_t start = position;
    while (is_digit(peek())) ++position;
    return position > start;
  };
  if (peek() == '-') ++position;
  if (peek() == '0') {
    ++position;
  } else if (!digits()) {
    return false;
  }
  if (peek() == '.') {
    ++position;
    if (!digits()) return false;
  }
  if (peek() == 'e' || peek() == 'E') {
    ++position;
    if (peek() == '+' || peek() == '-') ++position;
    if (!digits()) return false;
  }
  return position == word.size();
}

class Scanner {
 public:
  Scanner(std::string_view source, const std::string& file) : m_source(source), m_file(file) {
    m_text.for_yaml = source;
  }

  JsonText scan() {
    check_encoding();
    while (skip_space()) step();
    if (m_expected != Expected::end) refuse();
    return std::move(m_text);
  }

 private:
  enum class Expected { value, value_or_end, key, key_or_end, colon, comma_or_end, end };

  class Bracket {
   public:
    Bracket(char close_, std::size_t offset_) : close(close_), offset(offset_) {}
    char close;
    std::size_t offset;
  };

  [[noreturn]] void fail(std::size_t offset, const std::string& message) const {
    Diagnostics diagnostics(m_file);
    diagnostics.add(place_of(m_source, offset), "", message);
    throw ConfigError(diagnostics.text());
  }

  void check_encoding() const {
    std::size_t offset = 0;
    while (offset < m_source.size()) {
      if (!next_character(m_source, offset)) {
        fail(offset,
             "expected text in UTF-8, got the byte 0x" + hexadecimal(static_cast<unsigned char>(m_source[offset]), 2));
      }
    }
  }

  bool skip_space() {
    for (; m_position < m_source.size(); ++m_position) {
      const char c = m_source[m_position];
      if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return true;
      // A carriage return alone is white space in JSON and an odd line end in YAML.
      if (c == '\r') m_text.for_yaml[m_position] = ' ';
    }
    return false;
  }

  void step() {
    const char c = m_source[m_position];
    switch (m_expected) {
      case Expected::value_or_end:
      case Expected::value:
        if (c == ']' && m_expected == Expected::value_or_end) return close();
        return value(c);
      case Expected::key_or_end:
      case Expected::key:
        if (c == '}' && m_expected == Expected::key_or_end) return close();
        return key(c);
      case Expected::colon:
        if (c != ':') refuse();
        m_text.for_yaml[m_position] = ' ';
        m_expected = Expected::value;
        ++m_position;
        return;
      case Expected::comma_or_end:
        if (c == m_brackets.back().close) return close();
        if (c != ',') refuse();
        m_expected = c == ',' && m_brackets.back().close == '}' ? Expected::key : Expected::value;
        ++m_position;
        return;
      case Expected::end:
        refuse();
    }
  }

  void value(char c) {
    if (c == '{') return open('}', Expected::key_or_end);
    if (c == '[') return open(']', Expected::value_or_end);
    if (c == '"') {
      string();
    } else {
      const std::string_view found = word();
      if (found != "true" && found != "false" && found != "null" && !is_json_number(found)) refuse();
      m_position += found.size();
    }
    value_ended();
  }

  void key(char c) {
    if (c != '"') refuse();
    const std::size_t start = m_position;
    string();
    m_text.for_yaml.replace(start, m_position - start, m_position - start, ' ');
    m_text.for_yaml.replace(start, 2, "k:");
    m_expected = Expected::colon;
  }

  void open(char close, Expected next) {
    if (m_brackets.size() == max_depth) {
      fail(m_position, "expected at most " + std::to_string(max_depth) + " levels of nesting, got more");
    }
    m_brackets.emplace_back(close, m_position);
    m_expected = next;
    ++m_position;
  }

  void close() {
    m_brackets.pop_back();
    ++m_position;
    value_ended();
  }

  void value_ended() { m_expected = m_brackets.empty() ? Expected::end : Expected::comma_or_end; }

  std::string_view word() const {
    std::size_t end = m_position;
    while (end < m_source.size() && is_word_character(m_source[end])) ++end;
    return m_source.substr(m_position, end - m_position);
  }

  /// From the opening quote to behind the closing one.
  void string() {
    const std::size_t start = m_position++;
    std::string& decoded = m_text.strings[start];
    while (true) {
      const char c = m_position < m_source.size() ? m_source[m_position] : '\n';
      if (c == '"') break;
      if (c == '\n' || c == '\r') {
        fail(start, "expected a '\"' at the end of the string in the same line, got none");
      }
      if (static_cast<unsigned char>(c) < 0x20) {
        fail(m_position, "expected \\u" + hexadecimal(static_cast<unsigned char>(c), 4) +
                             " in place of a control character inside a string");
      }
      if (c == '\\') {
        escape(decoded);
      } else {
        decoded += c;
        ++m_position;
      }
    }
    ++m_position;
  }

  void escape(std::string& decoded) {
    static constexpr std::string_view letters = "\"\\/bfnrt";
    static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    const char letter = m_position + 1 < m_source.size() ? m_source[m_position + 1] : '\n';
    const std::size_t known = letters.find(letter);
    if (known != std::string_view::npos) {
      decoded += meanings[known];
      m_position += 2;
    } else if (letter == 'u') {
      unicode_escape(decoded);
    } else {
      fail(m_position, "expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX after a backslash, got " +
                           (letter == '\n' ? "the end of the line" : "\\" + character_at(m_position + 1)));
    }
  }

  void unicode_escape(std::string& decoded) {
    const std::size_t start = m_position;
    char32_t character = code_unit(start);
    m_position += 6;
    if (character >= 0xD800 && character <= 0xDFFF) {
      hide(start);
      const bool high = character < 0xDC00;
      const char32_t low = high && m_source.substr(m_position, 2) == "\\u" ? code_unit(m_position) : 0;
      if (low >= 0xDC00 && low <= 0xDFFF) {
        hide(m_position);
        m_position += 6;
        character = 0x10000 + ((character - 0xD800) << 10) + (low - 0xDC00);
      } else {
        m_text.lone_surrogates.push_back(start);
        character = 0xFFFD;
      }
    }
    append_utf8(decoded, character);
  }

  char32_t code_unit(std::size_t offset) const {
    const std::string_view digits = m_source.substr(offset + 2, 4);
    char32_t unit = 0;
    for (const char c : digits) {
      const std::size_t digit = std::string_view("0123456789abcdefABCDEF").find(c);
      if (digit == std::string_view::npos) fail(offset, "expected four hexadecimal digits after \\u");
      unit = unit * 16 + static_cast<char32_t>(digit < 16 ? digit : digit - 6);
    }
    if (digits.size() < 4) fail(offset, "expected four hexadecimal digits after \\u");
    return unit;
  }

  /// Shows yaml-cpp a harmless escape in place of a surrogate.
  void hide(std::size_t offset) { m_text.for_yaml.replace(offset, 6, "\\u0020"); }

  std::string character_at(std::size_t offset) const {
    std::size_t end = offset;
    next_character(m_source, end);
    return std::string(m_source.substr(offset, end - offset));
  }

  [[noreturn]] void refuse() const { fail(m_position, "expected " + expectation() + ", got " + found()); }

  std::string expectation() const {
    switch (m_expected) {
      case Expected::value:
        return "a value";
      case Expected::value_or_end:
        return "a value or ']'";
      case Expected::key:
        return "a key in double quotes";
      case Expected::key_or_end:
        return "a key in double quotes or '}'";
      case Expected::colon:
        return "':' after the key";
      case Expected::comma_or_end: {
        const Bracket& bracket = m_brackets.back();
        const TextPlace place = place_of(m_source, bracket.offset);
        return std::string("',' or '") + bracket.close + "' (the " + (bracket.close == '}' ? "object" : "array") +
               " begins at " + std::to_string(place.line) + ":" + std::to_string(place.column) + ")";
      }
      case Expected::end:
        return "the end of the file";
    }
    return "JSON";
  }

  std::string found() const {
    if (m_source.find_first_not_of(" \t\r\n") == std::string_view::npos) return "an empty file";
    if (m_position >= m_source.size()) return "the end of the file";
    const char c = m_source[m_position];
    const std::string_view next_two = m_source.substr(m_position, 2);
    if (c == '#' || next_two == "//" || next_two == "/*") return "a comment, which JSON does not have";
    if (c == '\'') return "a single quote; JSON strings stand in double quotes";
    if (c == '"') return "a string";
    const bool wants_more = m_expected == Expected::value || m_expected == Expected::key;
    if ((c == '}' || c == ']') && wants_more && previous() == ',') {
      return std::string("'") + c + "'; JSON has no comma before it";
    }
    const std::string_view found_word = word();
    if (found_word.empty()) return in_quotes(character_at(m_position));
    // In an array it may be an access code without its quotes, which must not get into a log.
    const bool may_be_secret = m_brackets.size() > 1 && m_brackets.back().close == ']';
    const std::string shown = may_be_secret ? "a word without quotes" : std::string(found_word);
    if (wants_more || m_expected == Expected::value_or_end) return shown + hint(found_word);
    return shown;
  }

  std::string hint(std::string_view found_word) const {
    if (m_expected == Expected::key) return "";
    if (is_digit(found_word[0]) || std::string_view("+-.").find(found_word[0]) != std::string_view::npos) {
      return ", which is no JSON number";
    }
    return "; JSON has the words true, false and null, and strings in double quotes";
  }

  char previous() const {
    const std::size_t found =
        m_position == 0 ? std::string_view::npos : m_source.find_last_not_of(" \t\r\n", m_position - 1);
    return found == std::string_view::npos ? '\0' : m_source[found];
  }

  std::string_view m_source;
  const std::string& m_file;
  JsonText m_text;
  std::size_t m_position = 0;
  Expected m_expected = Expected::value;
  std::vector<Bracket> m_brackets;
};

}  // namespace

JsonText check_json_text(std::string_view source, const std::string& file) { return Scanner(source, file).scan(); }

TextPlace place_of(std::string_view source, std::size_t offset) {
  const std::string_view before = source.substr(0, std::min(offset, source.size()));
  const std::size_t line_break = before.rfind('\n');
  const std::size_t line_start = line_break == std::string_view::npos ? 0 : line_break + 1;
  return {1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
          1 + static_cast<int>(before.size() - line_start)};
}

}  // namespace tellina
