#include "host/study/shell_word.hpp"

#include <algorithm>

namespace tellina {
namespace {

constexpr BytesView blanks = " \t\r\n\v\f";
constexpr BytesView ends_of_words = " \t\r\n\v\f;|&()";

bool is_one_of(char byte, BytesView bytes) { return bytes.find(byte) != BytesView::npos; }

/// Where the part that begins at `from` ends: a quotation, a character after a backslash, or one character.
std::size_t end_of_part(BytesView text, std::size_t from) {
  const char first = text[from];
  if (first == '\\') return std::min(from + 2, text.size());
  if (first == '"' || first == '\'') {
    const bool has_escapes = first == '"' || (from > 0 && text[from - 1] == '$');
    for (std::size_t at = from + 1; at < text.size(); ++at) {
      if (text[at] == first) return at + 1;
      if (has_escapes && text[at] == '\\') ++at;
    }
  }
  return from + 1;
}

std::vector<BytesView> split(BytesView text, BytesView separators, bool reads_quotes) {
  std::vector<BytesView> parts;
  std::size_t from = 0;
  for (std::size_t at = 0; at <= text.size();) {
    if (at == text.size() || is_one_of(text[at], separators)) {
      if (at > from) parts.push_back(text.substr(from, at - from));
      from = ++at;
    } else {
      at = reads_quotes ? end_of_part(text, at) : at + 1;
    }
  }
  return parts;
}

bool is_octal(char byte) { return byte >= '0' && byte <= '7'; }

/// Reads the escape after a backslash at `at`, as C has it, and moves `at` behind it.
char read_escape(BytesView text, std::size_t& at) {
  if (is_octal(text[at])) {
    unsigned value = 0;
    for (const std::size_t end = std::min(at + 3, text.size()); at < end && is_octal(text[at]); ++at) {
      value = value * 8 + static_cast<unsigned>(text[at] - '0');
    }
    return static_cast<char>(value & 0xffU);
  }
  constexpr BytesView letters = "abfnrtv";
  constexpr BytesView values = "\a\b\f\n\r\t\v";
  const std::size_t letter = letters.find(text[at]);
  const char byte = letter == BytesView::npos ? text[at] : values[letter];
  ++at;
  return byte;
}

/// What a quotation stands for. `text`: what is between its quotes.
Bytes unescaped(BytesView text) {
  Bytes plain;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\\' && at + 1 < text.size()) {
      plain += read_escape(text, ++at);
    } else {
      plain += text[at++];
    }
  }
  return plain;
}

/// What text between double quotes stands for: there, a backslash counts only before these.
Bytes without_escapes_of_double_quotes(BytesView text) {
  Bytes plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size() && is_one_of(text[at + 1], "\\\"$`")) ++at;
    plain += text[at];
  }
  return plain;
}

}  // namespace

BytesView trimmed(BytesView line) {
  const std::size_t from = line.find_first_not_of(blanks_of_lines);
  if (from == BytesView::npos) return {};
  return line.substr(from, line.find_last_not_of(blanks_of_lines) - from + 1);
}

std::vector<BytesView> fields_of(BytesView line) { return split(line, blanks, false); }

std::vector<BytesView> quoted_fields_of(BytesView line) { return split(line, blanks, true); }

std::vector<Bytes> words_of(BytesView command) {
  std::vector<Bytes> words;
  for (const BytesView word : split(command, ends_of_words, true)) {
    words.push_back(unquoted(word).value_or(Bytes(word)));
  }
  return words;
}

std::optional<Bytes> unquoted(BytesView word) {
  if (word.find_first_of("'\"\\") == BytesView::npos) return std::nullopt;
  Bytes plain;
  for (std::size_t at = 0; at < word.size();) {
    const bool is_dollar = word[at] == '$' && at + 1 < word.size() && word[at + 1] == '\'';
    const std::size_t from = is_dollar ? at + 1 : at;
    const std::size_t end = end_of_part(word, from);
    if (is_one_of(word[from], "'\"")) {
      if (end == from + 1) return std::nullopt;
      const BytesView quoted = word.substr(from + 1, end - from - 2);
      plain += is_dollar           ? unescaped(quoted)
               : word[from] == '"' ? without_escapes_of_double_quotes(quoted)
                                   : Bytes(quoted);
    } else {
      if (word[from] == '\\' && end == from + 1) return std::nullopt;
      plain += word[end - 1];
    }
    at = end;
  }
  return plain;
}

std::optional<Bytes> without_backslashes(BytesView text) {
  if (text.find('\\') == BytesView::npos) return std::nullopt;
  return unescaped(text);
}

}  // namespace tellina
