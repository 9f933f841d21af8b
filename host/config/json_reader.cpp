#include "host/config/json_reader.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>

#include "host/config/json_text.hpp"
#include "host/config/words.hpp"

namespace tellina {
namespace {

/// Builds Configs from yaml-cpp's events. The text was checked before, so no event but JSON's can come.
class Builder : public YAML::EventHandler {
 public:
  Builder(const JsonText& text, const std::string& file, JsonDocument& document, Diagnostics& diagnostics)
      : m_text(text), m_file(file), m_document(document), m_diagnostics(diagnostics) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark); }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    add(std::make_shared<Config::Node>(new_node(Config::Kind::null, mark)));
  }

  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t, const std::string& value) override {
    const auto string = m_text.strings.find(static_cast<std::size_t>(mark.pos));
    if (is_key()) {
      if (string == m_text.strings.end()) refuse(mark);
      m_open.back().key = string->second;
      m_open.back().key_place = {mark.line + 1, mark.column + 1};
    } else if (string != m_text.strings.end()) {
      auto node = std::make_shared<Config::Node>(new_node(Config::Kind::string, mark));
      node->text = string->second;
      add(node);
    } else if (value == "true" || value == "false") {
      auto node = std::make_shared<Config::Node>(new_node(Config::Kind::boolean, mark));
      node->boolean = value == "true";
      add(node);
    } else {
      add_number(mark, value);
    }
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(Config::Kind::array, mark);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(Config::Kind::object, mark);
  }
  void OnMapEnd() override { close(); }

 private:
  class Open {
   public:
    explicit Open(std::shared_ptr<Config::Node> node_) : node(std::move(node_)) {}
    std::shared_ptr<Config::Node> node;
    std::optional<std::string> key;  ///< of an object: read, and its value not yet
    TextPlace key_place;
    std::unordered_map<std::string, TextPlace> keys;
  };

  [[noreturn]] void refuse(const YAML::Mark& mark) const { throw YAML::ParserException(mark, "expected JSON"); }

  bool is_key() const {
    return !m_open.empty() && m_open.back().node->kind == Config::Kind::object && !m_open.back().key;
  }

  Config::Node new_node(Config::Kind kind, const YAML::Mark& mark) const {
    Config::Node node;
    node.kind = kind;
    node.file = m_file;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    if (!m_open.empty()) {
      const Open& parent = m_open.back();
      node.path = parent.key ? child_path(parent.node->path, *parent.key)
                             : child_path(parent.node->path, parent.node->items.size());
    }
    return node;
  }

  void add_number(const YAML::Mark& mark, const std::string& text) {
    // A number may be a secret without its quotes, so diagnostics do not quote it.
    const bool whole = text.find_first_of(".eE") == std::string::npos;
    auto node = std::make_shared<Config::Node>(new_node(whole ? Config::Kind::integer : Config::Kind::number, mark));
    node->text = text;
    const char* const end = text.data() + text.size();
    if (whole && std::from_chars(text.data(), end, node->integer).ec != std::errc()) {
      m_diagnostics.add({node->line, node->column}, node->path,
                        "expected a whole number from -9223372036854775808 to 9223372036854775807, got one of " +
                            std::to_string(text.size() - (text.starts_with('-') ? 1 : 0)) + " digits");
    }
    // A number too small to be told from 0 is 0, as it is in Python.
    const std::errc error = whole ? std::errc() : std::from_chars(text.data(), end, node->number).ec;
    if (error != std::errc()) node->number = std::strtod(text.c_str(), nullptr);
    if (std::isinf(node->number)) {
      m_diagnostics.add({node->line, node->column}, node->path, "expected a number up to 1.8e308, got a larger one");
    }
    add(node);
  }

  void open(Config::Kind kind, const YAML::Mark& mark) {
    m_open.emplace_back(std::make_shared<Config::Node>(new_node(kind, mark)));
  }

  void close() {
    const std::shared_ptr<Config::Node> node = m_open.back().node;
    m_open.pop_back();
    add(node);
  }

  void add(std::shared_ptr<const Config::Node> node) {
    if (m_open.empty()) {
      m_document.root = Config(std::move(node));
      return;
    }
    Open& parent = m_open.back();
    if (parent.node->kind == Config::Kind::array) {
      parent.node->items.emplace_back(std::move(node));
      return;
    }
    const auto [first, is_new] = parent.keys.try_emplace(*parent.key, parent.key_place);
    if (is_new) {
      m_document.keys[node->path] = parent.key_place;
      parent.node->members.emplace_back(*parent.key, Config(std::move(node)));
    } else {
      m_diagnostics.add(parent.key_place, node->path,
                        "expected each key once, got " + in_quotes(*parent.key) + " a second time (first at " +
                            std::to_string(first->second.line) + ":" + std::to_string(first->second.column) + ")");
    }
    parent.key.reset();
  }

  const JsonText& m_text;
  const std::string& m_file;
  JsonDocument& m_document;
  Diagnostics& m_diagnostics;
  std::vector<Open> m_open;
};

}  // namespace

JsonDocument read_json(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
  static constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());

  const JsonText checked = check_json_text(text, file);
  for (const std::size_t offset : checked.lone_surrogates) {
    diagnostics.add(place_of(text, offset), "",
                    "expected a surrogate pair such as \\ud83d\\ude00, got only half of one: " +
                        std::string(text.substr(offset, 6)));
  }
  JsonDocument document;
  try {
    std::istringstream stream(checked.for_yaml);
    Builder builder(checked, file, document, diagnostics);
    YAML::Parser(stream).HandleNextDocument(builder);
  } catch (const YAML::Exception& error) {
    Diagnostics syntax(file);
    syntax.add({error.mark.line + 1, error.mark.column + 1}, "", "expected JSON: " + error.msg);
    throw ConfigError(syntax.text());
  }
  return document;
}

Config read_json(std::string_view text, const std::string& file) {
  Diagnostics diagnostics(file);
  JsonDocument document = read_json(text, file, diagnostics);
  diagnostics.throw_if_any();
  return document.root;
}

}  // namespace tellina
