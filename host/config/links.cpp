#include "host/config/links.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "host/runtime/addresses.hpp"
#include "tellina/text.hpp"

namespace tellina {
namespace {

bool is_host(const std::string& text) {
  return !text.empty() && text.front() != ':' && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '.' || c == ':' || c == '[' || c == ']' || c == '_';
  });
}

std::string without_slashes_at_end(const std::string& url) { return url.substr(0, url.find_last_not_of('/') + 1); }

}  // namespace

std::optional<std::string> find_public_url_fault(const std::string& text, const std::string& base_path) {
  const std::string expected = "a URL such as \"https://study.example.org\"";
  std::size_t host = 0;
  for (const std::string scheme : {"http://", "https://"}) {
    if (text.starts_with(scheme)) host = scheme.size();
  }
  if (host == 0) return expected;
  const std::size_t path = std::min(text.find('/', host), text.size());
  const bool is_printable = std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (!is_printable || !is_host(text.substr(host, path - host))) return expected;
  if (text.find_first_of("?#") != std::string::npos) return expected + " without \"?\" and \"#\"";
  // Cookies are valid below the base path, so a browser would send none to another path.
  if (!base_path.empty() && without_slashes_at_end(text.substr(path)) != base_path) {
    return "a URL whose path is server.base_path, such as \"" + text.substr(0, path) + base_path + "\"";
  }
  return std::nullopt;
}

std::string server_url(const ServerConfig& config, const std::string& address, std::uint16_t port) {
  const std::string host = address.find(':') == std::string::npos ? address : "[" + address + "]";
  return (config.has_tls() ? "https://" : "http://") + host + ":" + std::to_string(port);
}

std::string host_of_url(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return {};
  const auto host = scheme + 3;
  return url.substr(host, url.find('/', host) - host);
}

std::string study_url(const ServerConfig& config, const std::string& address, std::uint16_t port) {
  if (config.public_url.empty()) return server_url(config, reachable_address(address), port) + config.base_path;
  return without_slashes_at_end(config.public_url);
}

std::string open_link(const std::string& url, const OpenLink& link) {
  std::string address = url + "/join?" + link.id_parameter + "=ID";
  for (const std::string& name : link.keep_parameters) address += "&" + name + "=ID";
  return address;
}

std::string participant_link(const std::string& url, const std::string& access_code) {
  return url + "/?access_code=" + percent_encode(access_code);
}

}  // namespace tellina
