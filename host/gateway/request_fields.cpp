#include "host/gateway/request_fields.hpp"

#include <algorithm>
#include <cstdlib>

#include "tellina/text.hpp"

namespace tellina {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

namespace {

bool starts_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equals_ignoring_case(text.substr(0, prefix.size()), prefix);
}

/// Returns the text before the next separator and removes it from `rest`, which is empty after the last piece.
std::string_view take_until(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return trim(part);
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::string_view without_port(std::string_view authority, std::string_view port) {
  return authority.ends_with(port) ? authority.substr(0, authority.size() - port.size()) : authority;
}

}  // namespace

std::optional<Target> parse_target(std::string_view target) {
  Target parsed;
  if (!std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < 0x7f; })) return std::nullopt;
  if (starts_ignoring_case(target, "http://") || starts_ignoring_case(target, "https://")) {
    const auto authority = target.find("//") + 2;
    const auto path = std::min(target.find_first_of("/?", authority), target.size());
    parsed.authority = target.substr(authority, path - authority);
    if (parsed.authority->empty()) return std::nullopt;
    target.remove_prefix(path);
    if (!target.starts_with('/')) {
      parsed.path = "/";
      if (!target.empty()) parsed.query = target.substr(1);
      return parsed;
    }
  }
  if (!target.starts_with('/')) return std::nullopt;
  const auto mark = target.find('?');
  const auto path = percent_decode(target.substr(0, mark));
  if (!path || std::any_of(path->begin(), path->end(), is_control)) return std::nullopt;
  parsed.path = *path;
  if (mark != std::string_view::npos) parsed.query = target.substr(mark + 1);
  return parsed;
}

void cut_base_path(Target& target, std::string_view base_path) {
  if (base_path.empty() || !target.path.starts_with(base_path)) return;
  if (target.path.size() == base_path.size()) {
    target.redirect_base = target.path.substr(target.path.rfind('/') + 1) + "/";
    target.path = "/";
  } else if (target.path[base_path.size()] == '/') {
    target.path.erase(0, base_path.size());
  }
}

std::optional<std::string> find_cookie(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    std::string_view value = take_until(header, ';');
    if (take_until(value, '=') == name) return std::string(value);
  }
  return std::nullopt;
}

std::vector<std::string> cookie_names(std::string_view header) {
  std::vector<std::string> names;
  while (!header.empty()) {
    std::string_view pair = take_until(header, ';');
    names.emplace_back(take_until(pair, '='));
  }
  return names;
}

std::optional<std::string> find_query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    std::string_view value = take_until(query, '&');
    if (take_until(value, '=') == name) return std::string(value);
  }
  return std::nullopt;
}

bool is_same_origin(std::string_view origin, std::string_view host) {
  std::string_view port;
  if (starts_ignoring_case(origin, "http://")) {
    origin.remove_prefix(7);
    port = ":80";
  } else if (starts_ignoring_case(origin, "https://")) {
    origin.remove_prefix(8);
    port = ":443";
  } else {
    return false;
  }
  return !host.empty() && equals_ignoring_case(without_port(origin, port), without_port(host, port));
}

bool is_forwarded_origin(std::string_view origin, std::string_view forwarded_hosts) {
  while (!forwarded_hosts.empty()) {
    if (is_same_origin(origin, take_until(forwarded_hosts, ','))) return true;
  }
  return false;
}

bool accepts_gzip(std::string_view header) {
  bool anything = false;
  while (!header.empty()) {
    std::string_view parameters = take_until(header, ',');
    const std::string_view coding = take_until(parameters, ';');
    bool wanted = true;
    while (!parameters.empty()) {
      const std::string parameter(take_until(parameters, ';'));
      if (starts_ignoring_case(parameter, "q=")) wanted = std::strtod(parameter.c_str() + 2, nullptr) > 0;
    }
    if (equals_ignoring_case(coding, "gzip")) return wanted;
    if (coding == "*") anything = wanted;
  }
  return anything;
}

bool matches_etag(std::string_view header, std::string_view etag) {
  while (!header.empty()) {
    std::string_view tag = take_until(header, ',');
    if (tag == "*") return true;
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag) return true;
  }
  return false;
}

bool is_json(std::string_view content_type) {
  return equals_ignoring_case(take_until(content_type, ';'), "application/json");
}

}  // namespace tellina
