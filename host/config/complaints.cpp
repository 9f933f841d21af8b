#include "host/config/complaints.hpp"

#include <algorithm>
#include <tuple>

#include "host/config/words.hpp"

namespace tellina {

void Complaints::add(TextPlace place, const std::string& path, const std::string& message) {
  std::string text = m_file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": " +
                     (path.empty() ? "" : path + ": ") + message;
  m_complaints.emplace_back(place, std::move(text));
}

std::string Complaints::text() const {
  std::vector<Complaint> sorted = m_complaints;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Complaint& a, const Complaint& b) {
    return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
  });
  std::vector<std::string> lines;
  for (const Complaint& complaint : sorted) {
    if (std::find(lines.begin(), lines.end(), complaint.text) == lines.end()) lines.push_back(complaint.text);
  }
  std::string joined;
  for (const std::string& line : lines) joined += (joined.empty() ? "" : "\n") + line;
  return joined;
}

void Complaints::throw_if_any() const {
  if (!empty()) throw ConfigError(text());
}

namespace {

bool is_plain_word(std::string_view key) {
  if (key.empty() || (key[0] >= '0' && key[0] <= '9')) return false;
  return std::all_of(key.begin(), key.end(), [](char c) {
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
