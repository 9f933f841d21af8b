#include "host/config/document.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "host/runtime/assertion.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/utf8.hpp"
#include "tellina/text.hpp"

namespace tellina {

bool DocumentBuilder::expects_key() const {
  return !m_open.empty() && m_open.back().node->kind == Config::Kind::object && !m_open.back().key;
}

std::string DocumentBuilder::next_path() const {
  if (m_open.empty()) return "";
  const Open& parent = m_open.back();
  return parent.key ? child_path(parent.node->path, *parent.key)
                    : child_path(parent.node->path, parent.node->items.size());
}

void DocumentBuilder::add_key(std::string key, TextPlace place) {
  TELLINA_ASSERT(expects_key());
  m_open.back().key = std::move(key);
  m_open.back().key_place = place;
}

void DocumentBuilder::add_null(TextPlace place) { add(new_node(Config::Kind::null, place)); }

void DocumentBuilder::add_boolean(bool value, TextPlace place) {
  const auto node = new_node(Config::Kind::boolean, place);
  node->boolean = value;
  add(node);
}

void DocumentBuilder::add_string(std::string text, TextPlace place) {
  const auto node = new_node(Config::Kind::string, place);
  node->text = std::move(text);
  add(node);
}

void DocumentBuilder::add_number(std::string_view text, TextPlace place) {
  // The number may be a secret whose quotes are missing, so messages do not quote it.
  const bool whole = text.find_first_of(".eE") == std::string_view::npos;
  const auto node = new_node(whole ? Config::Kind::integer : Config::Kind::number, place);
  node->text = text;
  const char* const start = node->text.data();
  const char* const end = start + node->text.size();
  if (whole && std::from_chars(start, end, node->integer).ec != std::errc()) {
    m_diagnostics.add(place, node->path,
                      "expected a whole number from -9223372036854775808 to 9223372036854775807, got one of " +
                          std::to_string(text.size() - (text.starts_with('-') ? 1 : 0)) + " digits");
  }
  // A number too close to 0 becomes 0, as in Python.
  const std::errc error = whole ? std::errc() : std::from_chars(start, end, node->number).ec;
  if (error != std::errc()) node->number = std::strtod(start, nullptr);
  if (std::isinf(node->number)) {
    m_diagnostics.add(place, node->path, "expected a number up to 1.8e308, got a larger one");
  }
  add(node);
}

void DocumentBuilder::open(Config::Kind kind, TextPlace place) {
  m_open.push_back({.node = new_node(kind, place), .key = {}, .key_place = {}, .keys = {}});
}

void DocumentBuilder::close() {
  TELLINA_ASSERT(!m_open.empty() && !m_open.back().key);
  const std::shared_ptr<Config::Node> node = m_open.back().node;
  m_open.pop_back();
  add(node);
}

ConfigDocument DocumentBuilder::take() {
  TELLINA_ASSERT(m_open.empty());
  return std::move(m_document);
}

std::shared_ptr<Config::Node> DocumentBuilder::new_node(Config::Kind kind, TextPlace place) const {
  TELLINA_ASSERT(!expects_key());
  auto node = std::make_shared<Config::Node>();
  node->kind = kind;
  node->file = m_file;
  node->line = place.line;
  node->column = place.column;
  node->path = next_path();
  return node;
}

void DocumentBuilder::add(std::shared_ptr<const Config::Node> node) {
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

bool is_json_number(std::string_view word) {
  std::size_t position = 0;
  const auto peek = [&] { return position < word.size() ? word[position] : '\0'; };
  const auto digits = [&] {
    const std::size_t start = position;
    while (peek() >= '0' && peek() <= '9') ++position;
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

TextPlace place_of(std::string_view source, std::size_t offset) {
  const std::string_view before = source.substr(0, std::min(offset, source.size()));
  const std::size_t line_break = before.rfind('\n');
  const std::size_t line_start = line_break == std::string_view::npos ? 0 : line_break + 1;
  return {.line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
          .column = 1 + static_cast<int>(before.size() - line_start)};
}

void fail_at(const std::string& file, TextPlace place, const std::string& message) {
  Diagnostics diagnostics(file);
  diagnostics.add(place, "", message);
  throw ConfigError(diagnostics.text());
}

void check_utf8(std::string_view source, const std::string& file) {
  std::size_t offset = 0;
  while (offset < source.size()) {
    if (!next_character(source, offset)) {
      fail_at(file, place_of(source, offset),
              "expected text in UTF-8, got the byte 0x" + hexadecimal(static_cast<unsigned char>(source[offset]), 2));
    }
  }
}

}  // namespace tellina
