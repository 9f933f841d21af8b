#include "host/gateway/allowed_hosts.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <optional>

#include "host/gateway/address_key.hpp"

namespace tellina {
namespace {

namespace ip = boost::asio::ip;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_name_character(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_'; }

/// In lower case, without brackets, the port and a dot at the end. Empty if the text is no host.
std::string name_of(std::string_view host) {
  std::string name(host);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  std::string_view port;
  if (name.starts_with('[')) {
    const auto end = name.find(']');
    if (end == std::string::npos) return {};
    port = std::string_view(host).substr(end + 1);
    name = name.substr(1, end - 1);
  } else if (const auto colon = name.find(':'); colon != std::string::npos) {
    port = host.substr(colon);
    name.resize(colon);
  }
  if (!port.empty() && !(port.starts_with(':') && std::all_of(port.begin() + 1, port.end(), is_digit))) return {};
  if (name.ends_with('.')) name.pop_back();
  return name;
}

std::optional<ip::address> address_of(const std::string& name) {
  if (name.find_first_not_of("0123456789abcdef:.") != std::string::npos) return std::nullopt;
  boost::system::error_code error;
  const ip::address address = ip::make_address(name, error);
  return error ? std::nullopt : std::optional<ip::address>(address);
}

bool matches(const std::string& listed, const std::string& name) {
  if (listed == "*" || listed == name) return true;
  return listed.starts_with("*.") && name.ends_with(std::string_view(listed).substr(1));
}

}  // namespace

AllowedHosts::AllowedHosts(std::vector<std::string> listed, std::string_view public_host, bool only_listed)
    : m_only_listed(only_listed) {
  for (const std::string& host : listed) m_listed.push_back(host.starts_with('*') ? host : name_of(host));
  if (!public_host.empty()) m_listed.push_back(name_of(public_host));
  m_listed.insert(m_listed.end(), {"localhost", "*.localhost"});
}

bool AllowedHosts::contains(std::string_view host) const {
  const std::string name = name_of(host);
  if (name.empty()) return false;
  const std::optional<ip::address> address = address_of(name);
  if (!address && !std::all_of(name.begin(), name.end(), is_name_character)) return false;
  if (address && is_loopback(*address)) return true;
  if (std::any_of(m_listed.begin(), m_listed.end(), [&](const std::string& each) { return matches(each, name); })) {
    return true;
  }
  return !m_only_listed && (address || name.find('.') == std::string::npos);
}

}  // namespace tellina
