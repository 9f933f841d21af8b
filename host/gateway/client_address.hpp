#pragma once

/// For whom a proxy speaks.

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <string_view>
#include <utility>
#include <vector>

namespace tellina {

/// The networks whose X-Forwarded-For is trusted. IPv4 networks are mapped into IPv6. Immutable; threads: any.
class TrustedProxies {
 public:
  explicit TrustedProxies(std::vector<boost::asio::ip::network_v6> networks) : m_networks(std::move(networks)) {}

  bool contains(const boost::asio::ip::address& address) const;

  /// Who sent a request to a trusted `peer`: from the right the first address in X-Forwarded-For (its lines joined by
  /// commas) that is no trusted proxy, or the leftmost if all are. Anything left of it may be invented by the
  /// client and is ignored. Returns `peer` if there is no address, or something else before one.
  boost::asio::ip::address client_of(const boost::asio::ip::address& peer, std::string_view forwarded_for) const;

 private:
  std::vector<boost::asio::ip::network_v6> m_networks;
};

/// The first entry, that of the browser's own connection, of an X-Forwarded-Proto header.
bool came_over_https(std::string_view forwarded_proto);

}  // namespace tellina
