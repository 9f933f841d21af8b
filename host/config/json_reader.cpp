#include "host/config/json_reader.hpp"

#include "host/limits.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/utf8.hpp"
#include "tellina/text.hpp"

namespace tellina {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_word_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '+' || c == '-' ||
         c == '.' || c == '$';
}

/// A state machine over the text: the open brackets and the previous token determine what may come next.
class JsonReader {
 public:
  JsonReader(std::string_view source, const std::string& file, Diagnostics& diagnostics)
      : m_source(source), m_file(file), m_diagnostics(diagnostics), m_builder(file, diagnostics) {}

  ConfigDocument read() {
    check_utf8(m_source, m_file);
    while (skip_space()) step();
    if (m_expected != Expected::end) refuse();
    return m_builder.take();
  }

 private:
  enum class Expected { value, value_or_end, key, key_or_end, colon, comma_or_end, end };

  struct Bracket {
    char close;
    TextPlace place;
  };

  [[noreturn]] void fail(std::size_t offset, const std::string& message) const {
    fail_at(m_file, place_of(m_source, offset), message);
  }

  TextPlace here() const { return {.line = m_line, .column = 1 + static_cast<int>(m_position - m_line_start)}; }

  bool skip_space() {
    for (; m_position < m_source.size(); ++m_position) {
      const char c = m_source[m_position];
      if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return true;
      if (c == '\n') {
        ++m_line;
        m_line_start = m_position + 1;
      }
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
        m_expected = Expected::value;
        ++m_position;
        return;
      case Expected::comma_or_end:
        if (c == m_brackets.back().close) return close();
        if (c != ',') refuse();
        m_expected = m_brackets.back().close == '}' ? Expected::key : Expected::value;
        ++m_position;
        return;
      case Expected::end:
        refuse();
    }
  }

  void value(char c) {
    if (c == '{') return open(Config::Kind::object, '}', Expected::key_or_end);
    if (c == '[') return open(Config::Kind::array, ']', Expected::value_or_end);
    const TextPlace place = here();
    if (c == '"') {
      m_builder.add_string(string(), place);
    } else {
      const std::string_view found = word();
      if (found == "null") {
        m_builder.add_null(place);
      } else if (found == "true" || found == "false") {
        m_builder.add_boolean(found == "true", place);
      } else if (is_json_number(found)) {
        m_builder.add_number(found, place);
      } else {
        refuse();
      }
      m_position += found.size();
    }
    value_ended();
  }

  void key(char c) {
    if (c != '"') refuse();
    const TextPlace place = here();
    m_builder.add_key(string(), place);
    m_expected = Expected::colon;
  }

  void open(Config::Kind kind, char close, Expected next) {
    if (m_brackets.size() == limits::config_depth) {
      fail(m_position, "expected at most " + std::to_string(limits::config_depth) + " levels of nesting, got more");
    }
    m_builder.open(kind, here());
    m_brackets.push_back({.close = close, .place = here()});
    m_expected = next;
    ++m_position;
  }

  void close() {
    m_builder.close();
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

  /// Reads from the opening quote past the closing one.
  std::string string() {
    const std::size_t start = m_position++;
    std::string decoded;
    while (true) {
      const char c = m_position < m_source.size() ? m_source[m_position] : '\n';
      if (c == '"') break;
      if (c == '\n' || c == '\r') {
        fail(start, "expected a '\"' at the end of the string in the same line, got none");
      }
      if (static_cast<unsigned char>(c) < 0x20) {
        fail(m_position, "expected \\u" + hexadecimal(static_cast<unsigned char>(c), 4) +
                             " instead of a control character inside a string");
      }
      if (c == '\\') {
        escape(decoded);
      } else {
        decoded += c;
        ++m_position;
      }
    }
    ++m_position;
    return decoded;
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
      const bool high = character < 0xDC00;
      const char32_t low = high && m_source.substr(m_position, 2) == "\\u" ? code_unit(m_position) : 0;
      if (low >= 0xDC00 && low <= 0xDFFF) {
        m_position += 6;
        character = 0x10000 + ((character - 0xD800) << 10) + (low - 0xDC00);
      } else {
        m_diagnostics.add(place_of(m_source, start), "",
                          "expected a surrogate pair such as \\ud83d\\ude00, got only half of one: " +
                              std::string(m_source.substr(start, 6)));
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
        return std::string("',' or '") + bracket.close + "' (the " + (bracket.close == '}' ? "object" : "array") +
               " begins at " + std::to_string(bracket.place.line) + ":" + std::to_string(bracket.place.column) + ")";
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
    if (c == '\'') return "a single quote; JSON puts strings in double quotes";
    if (c == '"') return "a string";
    const bool wants_more = m_expected == Expected::value || m_expected == Expected::key;
    if ((c == '}' || c == ']') && wants_more && previous() == ',') {
      return std::string("'") + c + "'; JSON has no comma before it";
    }
    const std::string_view found_word = word();
    if (found_word.empty()) return in_quotes(character_at(m_position));
    // In an array this may be an access code whose quotes are missing, which must not get into a log.
    const bool may_be_secret = m_brackets.size() > 1 && m_brackets.back().close == ']';
    const std::string shown = may_be_secret ? "a word without quotes" : std::string(found_word);
    if (wants_more || m_expected == Expected::value_or_end) return shown + hint(found_word);
    return shown;
  }

  std::string hint(std::string_view found_word) const {
    if (m_expected == Expected::key) return "";
    if (is_digit(found_word[0]) || std::string_view("+-.").find(found_word[0]) != std::string_view::npos) {
      return ", which is not a JSON number";
    }
    return "; JSON has only the words true, false and null, and puts text in double quotes";
  }

  char previous() const {
    const std::size_t found =
        m_position == 0 ? std::string_view::npos : m_source.find_last_not_of(" \t\r\n", m_position - 1);
    return found == std::string_view::npos ? '\0' : m_source[found];
  }

  const std::string_view m_source;
  const std::string& m_file;
  Diagnostics& m_diagnostics;
  DocumentBuilder m_builder;
  std::size_t m_position = 0;
  int m_line = 1;
  std::size_t m_line_start = 0;
  Expected m_expected = Expected::value;
  std::vector<Bracket> m_brackets;
};

}  // namespace

ConfigDocument read_json(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
  static constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  return JsonReader(text, file, diagnostics).read();
}

Config read_json(std::string_view text, const std::string& file) {
  Diagnostics diagnostics(file);
  ConfigDocument document = read_json(text, file, diagnostics);
  diagnostics.throw_if_any();
  return document.root;
}

}  // namespace tellina
