#pragma once

/// A part of config.json together with its place in the file, so that every error message can name the place.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tellina/error.hpp"

namespace tellina {

/// One JSON value with its place: file, line and column (from 1, the column counts bytes) and path
/// ("tasks[2].answer"). Cheap to copy: copies share a value that never changes.
///
/// Threads: any. Throws: every typed accessor throws ConfigError with the place if the value has another type.
class Config {
 public:
  enum class Kind { null, boolean, integer, number, string, array, object };
  using Member = std::pair<std::string, Config>;

  /// An empty object without a place: what a plugin gets if its section contains only the plugin's name.
  Config() : Config(make_node(Kind::object)) {}

  Kind kind() const { return m_node->kind; }
  bool is_null() const { return kind() == Kind::null; }
  bool is_string() const { return kind() == Kind::string; }
  bool is_array() const { return kind() == Kind::array; }
  bool is_object() const { return kind() == Kind::object; }

  const std::string& file() const { return m_node->file; }
  int line() const { return m_node->line; }
  int column() const { return m_node->column; }
  const std::string& path() const { return m_node->path; }
  /// "file:line:column", or "config" if the value was built in a program.
  std::string place() const {
    if (m_node->file.empty()) return "config";
    return m_node->file + ":" + std::to_string(m_node->line) + ":" + std::to_string(m_node->column);
  }

  bool as_bool() const { return expect(Kind::boolean, "true or false"), m_node->boolean; }
  std::int64_t as_integer() const { return expect(Kind::integer, "a whole number"), m_node->integer; }
  double as_number() const {
    if (kind() == Kind::integer) return static_cast<double>(m_node->integer);
    return expect(Kind::number, "a number"), m_node->number;
  }
  const std::string& as_string() const { return expect(Kind::string, "a string"), m_node->text; }
  const std::vector<Config>& items() const { return expect(Kind::array, "an array"), m_node->items; }
  /// In the order in which they appear in the file.
  const std::vector<Member>& members() const { return expect(Kind::object, "an object"), m_node->members; }

  /// Returns null if the key is absent. The pointer is valid as long as this value.
  const Config* find(std::string_view key) const {
    for (const Member& member : members()) {
      if (member.first == key) return &member.second;
    }
    return nullptr;
  }
  const Config& at(std::string_view key) const {
    if (const Config* found = find(key)) return *found;
    fail("expected the key \"" + std::string(key) + "\", got none");
  }
  std::int64_t integer_or(std::string_view key, std::int64_t fallback) const {
    const Config* found = find(key);
    return found ? found->as_integer() : fallback;
  }
  bool bool_or(std::string_view key, bool fallback) const {
    const Config* found = find(key);
    return found ? found->as_bool() : fallback;
  }
  std::string string_or(std::string_view key, std::string_view fallback) const {
    const Config* found = find(key);
    return found ? found->as_string() : std::string(fallback);
  }

  /// Throws ConfigError "PLACE: PATH: MESSAGE".
  [[noreturn]] void fail(const std::string& message) const {
    throw ConfigError(place() + ": " + (path().empty() ? "" : path() + ": ") + message);
  }

  /// "an object", "\"x\"", "3": for messages that end in "got ...".
  std::string describe() const {
    switch (kind()) {
      case Kind::null:
        return "null";
      case Kind::boolean:
        return m_node->boolean ? "true" : "false";
      case Kind::integer:
        return std::to_string(m_node->integer);
      case Kind::number:
        return m_node->text;
      case Kind::string:
        return "\"" + (m_node->text.size() > 60 ? m_node->text.substr(0, 57) + "..." : m_node->text) + "\"";
      case Kind::array:
        return "an array";
      case Kind::object:
        return "an object";
    }
    return "nothing";
  }

  /// Readers of files, and tests, build values from nodes. `text` is the source text of a number.
  struct Node {
    Kind kind = Kind::null;
    bool boolean = false;
    std::int64_t integer = 0;
    double number = 0;
    std::string text{};
    std::vector<Config> items{};
    std::vector<Member> members{};
    std::string file{};
    int line = 0;
    int column = 0;
    std::string path{};
  };
  explicit Config(std::shared_ptr<const Node> node) : m_node(std::move(node)) {}

 private:
  static std::shared_ptr<const Node> make_node(Kind kind) {
    auto node = std::make_shared<Node>();
    node->kind = kind;
    return node;
  }
  void expect(Kind wanted, const char* words) const {
    if (kind() != wanted) fail(std::string("expected ") + words + ", got " + describe());
  }

  std::shared_ptr<const Node> m_node;
};

}  // namespace tellina
