#include "host/config/diagnostics.hpp"

#include <algorithm>
#include <tuple>

#include "host/text/message_parts.hpp"

namespace tellina {

void Diagnostics::add(TextPlace place, const std::string& path, const std::string& message) {
  std::string text = m_file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": " +
                     (path.empty() ? "" : path + ": ") + message;
  m_diagnostics.push_back({.place = place, .text = std::move(text)});
}

std::vector<std::string> Diagnostics::lines() const {
  std::vector<Diagnostic> sorted = m_diagnostics;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
  });
  std::vector<std::string> lines;
  for (const Diagnostic& diagnostic : sorted) {
    if (std::find(lines.begin(), lines.end(), diagnostic.text) == lines.end()) lines.push_back(diagnostic.text);
  }
  return lines;
}

std::string Diagnostics::text() const {
  std::string joined;
  for (const std::string& line : lines()) joined += (joined.empty() ? "" : "\n") + line;
  return joined;
}

void Diagnostics::throw_if_any() const {
  if (!empty()) throw ConfigError(text());
}

namespace {

bool is_plain_word(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           c == '-';
  });
}

}  // namespace

std::string child_path(const std::string& parent, std::string_view key) {
  if (!is_plain_word(key)) return parent + "[" + in_quotes(key) + "]";
  return parent.empty() ? std::string(key) : parent + "." + std::string(key);
}

std::string child_path(const std::string& parent, std::size_t index) {
  return parent + "[" + std::to_string(index) + "]";
}

}  // namespace tellina
