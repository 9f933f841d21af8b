#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "host/config/diagnostics.hpp"
#include "tellina/config.hpp"

namespace tellina {

/// A parsed text: a value in which every part knows its place in the text.
struct ConfigDocument {
  Config root;
  KeyPlaces keys;
};

/// Builds a document from the values that a reader finds, in the order of the text. In an object each value follows its
/// key. Reports a key that occurs twice in one object, and keeps its first value.
class DocumentBuilder {
 public:
  /// Refers to both; they must outlive the builder.
  DocumentBuilder(const std::string& file, Diagnostics& diagnostics) : m_file(file), m_diagnostics(diagnostics) {}

  /// How many arrays and objects are open.
  std::size_t depth() const { return m_open.size(); }
  bool is_in_array() const { return !m_open.empty() && m_open.back().node->kind == Config::Kind::array; }
  /// Whether an object is open whose next key has not been added yet.
  bool expects_key() const;
  /// The path that the next value gets.
  std::string next_path() const;

  void add_key(std::string key, TextPlace place);
  void add_null(TextPlace place);
  void add_boolean(bool value, TextPlace place);
  void add_string(std::string text, TextPlace place);
  /// `text` is a number in JSON's syntax. Reports one that fits neither 64 bits nor a double.
  void add_number(std::string_view text, TextPlace place);
  /// `kind`: array or object.
  void open(Config::Kind kind, TextPlace place);
  void close();

  /// The document, once its value is complete.
  ConfigDocument take();

 private:
  struct Open {
    std::shared_ptr<Config::Node> node;
    std::optional<std::string> key;  ///< of an object: the key whose value has not been added
    TextPlace key_place;
    std::unordered_map<std::string, TextPlace> keys;
  };

  std::shared_ptr<Config::Node> new_node(Config::Kind kind, TextPlace place) const;
  void add(std::shared_ptr<const Config::Node> node);

  const std::string& m_file;
  Diagnostics& m_diagnostics;
  ConfigDocument m_document;
  std::vector<Open> m_open;
};

/// Whether the word is a number of RFC 8259, section 6.
bool is_json_number(std::string_view word);

/// The line and column of an offset.
TextPlace place_of(std::string_view source, std::size_t offset);

/// Throws ConfigError with this message about `place`.
[[noreturn]] void fail_at(const std::string& file, TextPlace place, const std::string& message);

/// Throws ConfigError with the place of the first byte that is not part of UTF-8.
void check_utf8(std::string_view source, const std::string& file);

}  // namespace tellina
