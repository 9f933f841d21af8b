#include "host/config/config_copies.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "host/config/config_text.hpp"
#include "host/config/json_writer.hpp"

namespace tellina {
namespace {

constexpr std::string_view replacement = "(secret)";
constexpr std::string_view quoted_replacement = "\"(secret)\"";
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
/// Shorter secrets occur in any text.
constexpr std::size_t shortest_word = 3;
/// Longer ones do not occur by accident inside of other words.
constexpr std::size_t longest_whole_word = 7;

bool is_word_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// The secrets that are searched for in texts.
class SecretWords {
 public:
  void add(const std::string& word) {
    if (word.size() >= shortest_word && word != replacement) m_words.insert(word);
  }

  std::string replace_in(std::string_view text) const {
    std::string result(text);
    // A secret may be a part of a longer one.
    std::vector<std::string> longest_first(m_words.begin(), m_words.end());
    std::stable_sort(longest_first.begin(), longest_first.end(),
                     [](const std::string& one, const std::string& other) { return one.size() > other.size(); });
    for (const std::string& word : longest_first) {
      for (std::size_t at = 0; (at = result.find(word, at)) != std::string::npos;) {
        if (!counts(result, at, word.size())) {
          ++at;
          continue;
        }
        result.replace(at, word.size(), replacement);
        at += replacement.size();
      }
    }
    return result;
  }
  bool occur_in(std::string_view text) const { return replace_in(text) != text; }

 private:
  static bool counts(const std::string& text, std::size_t at, std::size_t size) {
    if (size > longest_whole_word) return true;
    const bool continues_before = at > 0 && is_word_character(text[at - 1]) && is_word_character(text[at]);
    const std::size_t end = at + size;
    const bool continues_after = end < text.size() && is_word_character(text[end - 1]) && is_word_character(text[end]);
    return !continues_before && !continues_after;
  }

  std::set<std::string> m_words;
};

/// A part of the text that is replaced.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Finds values and keys in the text of a document.
class SourcePlaces {
 public:
  explicit SourcePlaces(std::string_view source, ConfigForm form) : m_source(source), m_form(form) {
    m_lines.push_back(source.starts_with(byte_order_mark) ? byte_order_mark.size() : 0);
    for (std::size_t i = 0; i < source.size(); ++i) {
      if (source[i] == '\n') m_lines.push_back(i + 1);
    }
  }

  /// Where a scalar with this value is; nothing if it is not written there as it is.
  std::optional<Span> find(TextPlace place, const std::string& value) const {
    if (place.line < 1 || static_cast<std::size_t>(place.line) > m_lines.size()) return std::nullopt;
    const std::size_t begin =
        m_lines[static_cast<std::size_t>(place.line) - 1] + static_cast<std::size_t>(place.column) - 1;
    if (begin >= m_source.size()) return std::nullopt;
    const char first = m_source[begin];
    if (first == '"') return quoted(begin, '\\');
    if (m_form == ConfigForm::yaml && first == '\'') return quoted(begin, '\'');
    if (m_source.substr(begin, value.size()) != value) return std::nullopt;
    return Span{begin, begin + value.size()};
  }

 private:
  /// `escape`: the character after which a quote does not end the string.
  std::optional<Span> quoted(std::size_t begin, char escape) const {
    const char quote = m_source[begin];
    for (std::size_t end = begin + 1; end < m_source.size(); ++end) {
      const bool is_escaped_pair = m_source[end] == escape && (escape != quote || m_source.substr(end, 2) == "''");
      if (is_escaped_pair) {
        ++end;
      } else if (m_source[end] == quote) {
        return Span{begin, end + 1};
      }
    }
    return std::nullopt;
  }

  std::string_view m_source;
  ConfigForm m_form;
  std::vector<std::size_t> m_lines;  ///< where each begins
};

class Copier {
 public:
  Copier(const ConfigDocument& document, std::string_view source, const std::string& file,
         const std::vector<SecretValue>& secrets)
      : m_document(document), m_source(source), m_file(file), m_places(source, form_of(file)) {
    for (const SecretValue& secret : secrets) {
      m_marked.insert(secret.value.path());
      read(secret.value, secret.names_are_secret);
    }
  }

  ConfigCopies copy() {
    ConfigCopies copies;
    const Config without = copy_of(m_document.root);
    copies.canonical_json = canonical_json(without);
    copies.source_text = copy_of_source();
    if (!says_the_same(copies.source_text, copies.canonical_json)) copies.source_text = pretty_json(without);
    return copies;
  }

 private:
  /// Notes the scalars of a marked value. If the names of an object are the secrets, its values are only not shown.
  void read(const Config& value, bool names_are_secret) {
    if (value.is_array()) {
      for (const Config& item : value.items()) read(item, names_are_secret);
      return;
    }
    if (value.is_object()) {
      for (const auto& [key, member] : value.members()) {
        if (names_are_secret) {
          m_words.add(key);
          const auto place = m_document.keys.find(member.path());
          if (place != m_document.keys.end()) add_span(place->second, key);
        }
        read(member, names_are_secret);
      }
      return;
    }
    const std::string text = value.is_string() ? value.as_string() : value.describe();
    if (!names_are_secret) m_words.add(text);
    add_span({.line = value.line(), .column = value.column()}, text);
  }

  void add_span(TextPlace place, const std::string& text) {
    const std::optional<Span> span = m_places.find(place, text);
    if (span)
      m_spans[span->begin] = span->end;
    else
      m_all_found = false;
  }

  Config copy_of(const Config& value) const {
    if (m_marked.contains(value.path())) return make_string(std::string(replacement));
    if (value.is_string()) return make_string(m_words.replace_in(value.as_string()));
    if (value.is_array()) {
      std::vector<Config> items;
      for (const Config& item : value.items()) items.push_back(copy_of(item));
      return make_array(std::move(items));
    }
    if (!value.is_object()) return value;
    std::vector<Config::Member> members;
    for (const auto& [key, member] : value.members()) members.emplace_back(m_words.replace_in(key), copy_of(member));
    return make_object(std::move(members));
  }

  std::string copy_of_source() const {
    std::string copy;
    std::size_t from = 0;
    for (const auto& [begin, end] : m_spans) {
      copy += m_words.replace_in(m_source.substr(from, begin - from));
      copy += quoted_replacement;
      from = end;
    }
    return copy + m_words.replace_in(m_source.substr(from));
  }

  /// Whether a text has the same value as `canonical`, and no secret, not even in other words.
  bool says_the_same(const std::string& text, const std::string& canonical) const {
    if (!m_all_found) return false;
    try {
      Diagnostics repeated_names(m_file);
      const Config value = read_config_text(text, m_file, repeated_names).root;
      return !has_secret(value, false) && canonical_json(copy_of(value)) == canonical;
    } catch (const Error&) {
      return false;
    }
  }

  bool has_secret(const Config& value, bool is_marked) const {
    is_marked = is_marked || m_marked.contains(value.path());
    if (value.is_array()) {
      return std::any_of(value.items().begin(), value.items().end(),
                         [&](const Config& item) { return has_secret(item, is_marked); });
    }
    if (value.is_object()) {
      return std::any_of(value.members().begin(), value.members().end(), [&](const Config::Member& member) {
        return m_words.occur_in(member.first) || has_secret(member.second, is_marked);
      });
    }
    if (is_marked) return !value.is_string() || value.as_string() != replacement;
    return value.is_string() && m_words.occur_in(value.as_string());
  }

  const ConfigDocument& m_document;
  const std::string_view m_source;
  const std::string& m_file;
  const SourcePlaces m_places;
  std::set<std::string> m_marked;  ///< paths
  SecretWords m_words;
  std::map<std::size_t, std::size_t> m_spans;  ///< where each secret begins and ends in the text
  bool m_all_found = true;
};

}  // namespace

ConfigCopies copy_without_secrets(const ConfigDocument& document, std::string_view source, const std::string& file,
                                  const std::vector<SecretValue>& secrets) {
  return Copier(document, source, file, secrets).copy();
}

}  // namespace tellina
