#include "host/config/yaml_reader.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

#include "host/config/skipped_yaml.hpp"
#include "host/config/yaml_plain.hpp"
#include "host/limits.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/utf8.hpp"
#include "tellina/text.hpp"

namespace tellina {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_space(char c) { return is_blank(c) || c == '\n' || c == '\r'; }

/// Refuses characters that yaml-cpp reads differently from other readers: it takes U+0004 for the end of the file, and
/// a lone carriage return for a line end that it does not count.
void check_characters(std::string_view source, const std::string& file) {
  check_utf8(source, file);
  for (std::size_t position = 0; position < source.size();) {
    const std::size_t start = position;
    const char32_t character = *next_character(source, position);
    const auto fail = [&](const std::string& message) { fail_at(file, place_of(source, start), message); };
    if (character == U'\t' || character == U'\n') continue;
    if (character == U'\r') {
      if (position < source.size() && source[position] == '\n') continue;
      fail("expected lines that end with LF or CR LF, got a CR alone");
    }
    if (character == 0xFEFF) fail("expected a byte order mark at the beginning of the file only, got one here");
    const bool is_control = character < 0x20 || (character >= 0x7F && character <= 0x9F);
    if (is_control || character == 0x2028 || character == 0x2029 || (character & 0xFFFE) == 0xFFFE) {
      fail("expected \\u" + hexadecimal(character, 4) +
           " inside double quotes instead of a control character, got the character itself");
    }
  }
}

/// Builds a document from yaml-cpp's events.
class YamlReader : private YAML::EventHandler {
 public:
  YamlReader(std::string_view source, const std::string& file, Diagnostics& diagnostics)
      : m_source(source), m_file(file), m_diagnostics(diagnostics), m_builder(file, diagnostics) {
    m_lines.push_back(0);
    for (std::size_t i = 0; i < source.size(); ++i) {
      if (source[i] == '\n') m_lines.push_back(i + 1);
    }
  }

  YamlDocument read() {
    check_characters(m_source, m_file);
    try {
      std::istringstream stream{std::string(m_source)};
      YAML::Parser parser(stream);
      while (parser.HandleNextDocument(*this)) {
      }
    } catch (const YAML::Exception& error) {
      const auto offset = std::min(static_cast<std::size_t>(std::max(error.mark.pos, 0)), m_source.size());
      fail_syntax(error.msg, offset);
    }
    const SkippedYaml skipped(m_source, m_scalars);
    if (skipped.directive()) fail_at_directive(*skipped.directive());
    if (m_documents == 0) fail_at(m_file, place(m_source.size()), "expected a value, got an empty file");
    if (m_is_ambiguous) throw ConfigError(m_diagnostics.text());
    return {.document = m_builder.take(), .comments = skipped.comments()};
  }

 private:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++m_documents == 1) return;
    const bool is_marked = m_source.substr(offset_of(mark)).starts_with("---");
    fail_at(m_file, place(offset_of(mark)),
            is_marked ? "expected one document in the file, got a second one after \"---\""
                      : "expected the end of the file, got more text; is it indented like the lines above it?");
  }
  void OnDocumentEnd() override {}

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    if (m_skipped > 0) return;
    refuse(offset_of(mark), "expected a value, got an alias ('*'); write out the value, or put text in quotes");
    add_text("", offset_of(mark));
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (m_skipped > 0) return;
    const std::size_t offset = offset_of(mark);
    const std::string_view word = plain_word(offset);
    // A missing value is null, too. Its mark is then that of the next token, or of a key that lacks its colon.
    const PlainScalar meaning = read_plain(word);
    const bool is_written = meaning.reading == "null" && !word.empty() && (offset > m_key_offset || m_open.empty());
    const std::size_t start = is_written ? offset : offset_of_missing_value(offset);
    check_properties(offset, "?", anchor);
    if (m_builder.expects_key()) {
      refuse(offset, is_written ? "expected a key in quotes, got " + std::string(word) + ", which YAML takes for null"
                                : "expected a key, got none");
      return m_builder.add_key("", place(offset));
    }
    if (!is_written && anchor == 0) {
      refuse(start, "expected a value, got none; write null, or \"\" for empty text");
    } else if (is_written && meaning.kind == PlainKind::ambiguous) {
      refuse_plain(offset, word, meaning);
    }
    m_builder.add_null(place(start));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (m_skipped > 0) return;
    const std::size_t offset = offset_of(mark);
    check_indentation(offset);
    check_properties(offset, tag, anchor);
    if (tag != "?") return add_text(value, offset);
    const PlainScalar meaning = read_plain(value);
    if (m_builder.expects_key()) {
      if (meaning.kind != PlainKind::text) {
        const bool differs = meaning.kind == PlainKind::ambiguous;
        refuse(offset, "expected a key in quotes, got " + in_quotes(value) + " without them, which " +
                           (differs ? "some YAML readers take" : "YAML takes") + " for " +
                           std::string(meaning.reading));
      }
      return add_text(value, offset);
    }
    switch (meaning.kind) {
      case PlainKind::null:
        return m_builder.add_null(place(offset));
      case PlainKind::boolean:
        return m_builder.add_boolean(value == "true", place(offset));
      case PlainKind::number:
        return m_builder.add_number(value, place(offset));
      case PlainKind::ambiguous:
        refuse_plain(offset, value, meaning);
        return add_text(value, offset);
      case PlainKind::text:
        return add_text(value, offset);
    }
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(Config::Kind::array, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(Config::Kind::object, mark, tag, anchor, style);
  }
  void OnMapEnd() override { close(); }

  struct Open {
    Config::Kind kind;
    TextPlace place;
    bool is_flow;
  };

  void open(Config::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YAML::EmitterStyle::value style) {
    const std::size_t offset = offset_of(mark);
    if (m_open.size() + m_skipped == limits::config_depth) {
      fail_at(m_file, place(offset),
              "expected at most " + std::to_string(limits::config_depth) + " levels of nesting, got more");
    }
    if (m_skipped > 0 || m_builder.expects_key()) {
      if (m_skipped == 0) {
        refuse(offset, std::string("expected a key that is a string, got an ") +
                           (kind == Config::Kind::array ? "array" : "object"));
        m_key_offset = offset;
      }
      ++m_skipped;
      return;
    }
    check_indentation(offset);
    check_properties(offset, tag, anchor);
    m_builder.open(kind, place(offset));
    const bool is_flow = style == YAML::EmitterStyle::Flow || (!m_open.empty() && m_open.back().is_flow);
    m_open.push_back({.kind = kind, .place = place(offset), .is_flow = is_flow});
  }

  void close() {
    if (m_skipped > 0) {
      if (--m_skipped == 0) m_builder.add_key("", place(m_key_offset));
      return;
    }
    m_builder.close();
    m_open.pop_back();
  }

  void add_text(const std::string& text, std::size_t offset) {
    const char first = offset < m_source.size() ? m_source[offset] : '\0';
    // yaml-cpp accepts the end of the file as the missing quote.
    if ((first == '"' || first == '\'') && !end_of_quoted(m_source, offset)) {
      fail_at(m_file, place(offset), std::string("expected a ") + first + " at the end of the string, got none");
    }
    // yaml-cpp turns each of these into one byte.
    for (std::size_t position = 0; position < text.size();) {
      if (next_character(text, position)) continue;
      fail_at(m_file, place(offset),
              "expected a string without the escapes \\N and \\_, got one with them; write \\u0085 and \\u00a0");
    }
    if (std::string_view("\"'|>").find(first) != std::string_view::npos) {
      m_scalars.push_back(
          {.offset = offset, .outer_indentation = m_open.empty() ? -1 : m_open.back().place.column - 1});
    }
    if (m_builder.expects_key()) {
      m_key_offset = offset;
      m_builder.add_key(text, place(offset));
    } else {
      m_builder.add_string(text, place(offset));
    }
  }

  std::size_t offset_of(const YAML::Mark& mark) const {
    return std::min(static_cast<std::size_t>(mark.pos), m_source.size());
  }

  TextPlace place(std::size_t offset) const {
    const auto next_line = std::upper_bound(m_lines.begin(), m_lines.end(), offset);
    return {.line = static_cast<int>(next_line - m_lines.begin()),
            .column = 1 + static_cast<int>(offset - *std::prev(next_line))};
  }

  /// Reports a mistake and continues to read the file.
  void refuse(std::size_t offset, const std::string& message) {
    m_diagnostics.add(place(offset), m_builder.expects_key() ? "" : m_builder.next_path(), message);
    m_is_ambiguous = true;
  }

  /// In an array this may be an access code, which must not get into a log.
  void refuse_plain(std::size_t offset, std::string_view text, const PlainScalar& meaning) {
    const std::string found = m_builder.is_in_array() ? "a word" : in_quotes(text);
    refuse(offset, "expected " + std::string(meaning.alternatives) + ", got " + found +
                       " without quotes, which some YAML readers take for " + std::string(meaning.reading));
  }

  /// Refuses anchors and tags, which precede a value.
  void check_properties(std::size_t offset, const std::string& tag, YAML::anchor_t anchor) {
    const char first = offset < m_source.size() ? m_source[offset] : '\0';
    if (anchor != 0) {
      refuse(offset, "expected a value without an anchor ('&'), got one with it; write out the value where it is used");
    }
    if ((tag != "?" && tag != "!") || first == '!') {
      refuse(offset, "expected a value without a tag ('!'), got one with it; put text in quotes");
    }
  }

  /// Indentation has no meaning in flow style.
  void check_indentation(std::size_t offset) {
    if (!m_open.empty() && m_open.back().is_flow) return;
    const std::size_t start = m_lines[static_cast<std::size_t>(place(offset).line - 1)];
    const std::string_view before = m_source.substr(start, offset - start);
    if (before.find_first_not_of(" \t-?") != std::string_view::npos) return;
    const std::size_t tab = before.find('\t');
    if (tab != std::string_view::npos) refuse(start + tab, "expected spaces for indentation, got a tab");
  }

  [[noreturn]] void fail_at_directive(std::size_t offset) const {
    fail_at(m_file, place(offset), "expected no directive ('%' at the beginning of a line), got one");
  }

  std::string_view plain_word(std::size_t offset) const {
    const std::size_t end = std::min(m_source.find_first_of(" \t\r\n,[]{}:", offset), m_source.size());
    return m_source.substr(offset, end - offset);
  }

  /// The offset of the key, the '-' or the ',' before a missing value.
  std::size_t offset_of_missing_value(std::size_t next) const {
    if (!m_builder.is_in_array()) return m_open.empty() ? next : m_key_offset;
    while (true) {
      const std::size_t last = next == 0 ? std::string_view::npos : m_source.find_last_not_of(" \t\r\n", next - 1);
      if (last == std::string_view::npos) return 0;
      const std::size_t line = m_lines[static_cast<std::size_t>(place(last).line - 1)];
      const std::size_t text = m_source.find_first_not_of(" \t", line);
      if (m_source[text] != '#')
        return std::string_view("-,[").find(m_source[last]) != std::string_view::npos ? last : text;
      next = line;
    }
  }

  bool begins_with_tab(std::size_t line) const {
    const std::size_t start = m_lines[line];
    const std::size_t text = std::min(m_source.find_first_not_of(" \t", start), m_source.size());
    return m_source.substr(start, text - start).find('\t') != std::string_view::npos;
  }

  std::string found_at(std::size_t offset) const {
    if (offset >= m_source.size()) return "the end of the file";
    const char c = m_source[offset];
    return is_space(c)                                                                  ? "the end of the line"
           : std::string_view("[]{},:?-\"'|>@`%&*!#").find(c) == std::string_view::npos ? "other text"
                                                                                        : std::string("'") + c + "'";
  }

  /// "the array begins at 3:5", for the innermost array or object.
  std::string beginning(Config::Kind kind) const {
    const auto found =
        std::find_if(m_open.rbegin(), m_open.rend(), [&](const Open& open) { return open.kind == kind; });
    const std::string name = kind == Config::Kind::array ? "the array" : "the object";
    if (found == m_open.rend()) return name;
    return name + " begins at " + std::to_string(found->place.line) + ":" + std::to_string(found->place.column);
  }

  /// Translates yaml-cpp's message into one for researchers.
  [[noreturn]] void fail_syntax(const std::string& message, std::size_t offset) const {
    namespace what = YAML::ErrorMsg;
    const std::size_t line = static_cast<std::size_t>(place(offset).line - 1);
    const auto is = [&](std::string_view known) { return message.starts_with(known); };
    const auto any = [&](auto... known) { return (is(known) || ...); };
    const std::string got = ", got " + found_at(offset);
    // yaml-cpp reports the position after an escape.
    const TextPlace escape = place(std::min(m_source.rfind('\\', offset == 0 ? 0 : offset - 1), offset));
    const auto fail = [&](const std::string& text) { fail_at(m_file, place(offset), text); };

    if (is(what::TAB_IN_INDENTATION) || begins_with_tab(line)) {
      const std::size_t tab = std::min(m_source.find('\t', m_lines[line]), m_source.size());
      fail_at(m_file, place(tab), "expected spaces for indentation, got a tab");
    }
    if (is(what::MAP_VALUE)) {
      fail(
          "expected no ':' here: put a key or a text that contains \": \" in quotes, indent the keys of an object "
          "alike, "
          "and write \"? \" in front of a key of more than 1024 bytes");
    }
    if (is(what::END_OF_MAP_FLOW)) fail("expected ',' or '}' (" + beginning(Config::Kind::object) + ")" + got);
    if (is(what::END_OF_SEQ_FLOW)) fail("expected ',' or ']' (" + beginning(Config::Kind::array) + ")" + got);
    if (is(what::END_OF_MAP)) {
      fail("expected a key, indented like the other keys (" + beginning(Config::Kind::object) + ")" + got);
    }
    if (is(what::END_OF_SEQ)) {
      fail("expected '- ', indented like the other entries (" + beginning(Config::Kind::array) + ")" + got);
    }
    if (is(what::FLOW_END)) fail("expected a value or the end of the file" + got + ", which closes nothing");
    if (is(what::BLOCK_ENTRY))
      fail("expected a value in this line" + got + "; the entries of an array begin in the next line");
    if (is(what::MAP_KEY)) fail("expected a value in this line" + got + "; a key begins in the next line");
    if (is(what::INVALID_UNICODE))
      fail_at(
          m_file, escape,
          "expected a whole character after \\u or \\U, got half a surrogate pair or a number above 10ffff; write the "
          "character itself");
    if (any(what::INVALID_HEX, what::INVALID_ESCAPE)) {
      fail_at(
          m_file, escape,
          "expected an escape of YAML after a backslash, such as \\n, \\\" or \\u00e9; text in single quotes has none");
    }
    if (is(what::EOF_IN_SCALAR)) fail("expected a quote that ends the string, got the end of the file");
    if (is(what::DOC_IN_SCALAR)) fail("expected a quote that ends the string, got the end of the document");
    if (is(what::UNKNOWN_TOKEN)) fail("expected a value" + got + "; put text that begins with it in quotes");
    if (any(what::ALIAS_CONTENT, what::UNKNOWN_ANCHOR, what::ALIAS_NOT_FOUND, what::CHAR_IN_ALIAS)) {
      fail("expected a value, got an alias ('*'); write out the value, or put text in quotes");
    }
    if (any(what::ANCHOR_NOT_FOUND, what::CHAR_IN_ANCHOR, what::MULTIPLE_ANCHORS)) {
      fail("expected a value, got an anchor ('&'); put text in quotes");
    }
    if (any(what::CHAR_IN_TAG_HANDLE, what::TAG_WITH_NO_SUFFIX, what::END_OF_VERBATIM_TAG, what::MULTIPLE_TAGS)) {
      fail("expected a value, got a tag ('!'); put text in quotes");
    }
    if (any(what::YAML_DIRECTIVE_ARGS, what::YAML_VERSION, what::YAML_MAJOR_VERSION, what::REPEATED_YAML_DIRECTIVE,
            what::TAG_DIRECTIVE_ARGS, what::REPEATED_TAG_DIRECTIVE)) {
      fail_at_directive(offset);
    }
    if (any(what::ZERO_INDENT_IN_BLOCK, what::CHAR_IN_BLOCK)) {
      fail("expected the end of the line after '|' or '>'" + got + "; the text begins in the next line");
    }
    fail_at(m_file, place(offset), "expected YAML, got what yaml-cpp calls \"" + message + "\"");
  }

  const std::string_view m_source;
  const std::string& m_file;
  Diagnostics& m_diagnostics;
  DocumentBuilder m_builder;
  std::vector<std::size_t> m_lines;  ///< the offset of each
  std::vector<Open> m_open;
  std::vector<ScalarStart> m_scalars;
  std::size_t m_key_offset = 0;  ///< of the last key
  /// Arrays and objects that are open inside a key. yaml-cpp takes an unclosed bracket for a key, so a syntax error may
  /// still follow, and then that is the error to report.
  std::size_t m_skipped = 0;
  std::size_t m_documents = 0;
  bool m_is_ambiguous = false;
};

}  // namespace

YamlDocument read_yaml(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  return YamlReader(text, file, diagnostics).read();
}

}  // namespace tellina
