#include "host/gateway/client_address.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "host/gateway/request_fields.hpp"

namespace tellina {
namespace {

namespace ip = boost::asio::ip;

/// Drops the scope, because networks have none.
ip::address_v6 as_v6(const ip::address& address) {
  if (address.is_v4()) return ip::make_address_v6(ip::v4_mapped, address.to_v4());
  return ip::address_v6(address.to_v6().to_bytes());
}

bool is_port(std::string_view text) {
  constexpr std::size_t most_digits = 5;
  return !text.empty() && text.size() <= most_digits &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Rejects a scope, which is meaningless on other machines, and a NUL byte, at which Asio would stop reading.
bool may_be_address(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF.:") == std::string_view::npos;
}

/// "203.0.113.5", "203.0.113.5:80", "2001:db8::1", "[2001:db8::1]" or "[2001:db8::1]:80".
std::optional<ip::address> read_hop(std::string_view text) {
  const bool in_brackets = text.starts_with('[');
  std::string_view rest;
  if (in_brackets) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    rest = text.substr(end + 1);
    text = text.substr(1, end - 1);
  } else if (const auto colon = text.find(':'); text.find('.') < colon && colon != std::string_view::npos) {
    rest = text.substr(colon);
    text = text.substr(0, colon);
  }
  if (!rest.empty() && !(rest.starts_with(':') && is_port(rest.substr(1)))) return std::nullopt;
  if (!may_be_address(text)) return std::nullopt;
  boost::system::error_code error;
  const ip::address address = ip::make_address(std::string(text), error);
  if (error || (in_brackets && address.is_v4())) return std::nullopt;
  return address;
}

}  // namespace

bool TrustedProxies::contains(const ip::address& address) const {
  const ip::address_v6 searched = as_v6(address);
  return std::any_of(m_networks.begin(), m_networks.end(), [&](const ip::network_v6& network) {
    return ip::network_v6(searched, network.prefix_length()).network() == network.network();
  });
}

ip::address TrustedProxies::client_of(const ip::address& peer, std::string_view forwarded_for) const {
  ip::address client = peer;
  while (!forwarded_for.empty()) {
    const auto comma = forwarded_for.rfind(',');
    const bool is_last = comma == std::string_view::npos;
    const std::string_view hop = trim(is_last ? forwarded_for : forwarded_for.substr(comma + 1));
    forwarded_for = is_last ? std::string_view() : forwarded_for.substr(0, comma);
    if (hop.empty()) continue;
    const auto address = read_hop(hop);
    if (!address) return peer;
    client = *address;
    if (!contains(client)) break;
  }
  return client;
}

bool came_over_https(std::string_view forwarded_proto) {
  return equals_ignoring_case(trim(forwarded_proto.substr(0, forwarded_proto.find(','))), "https");
}

}  // namespace tellina
