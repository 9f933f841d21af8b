#pragma once

/// Determines the client whose request a proxy passed on.

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

  /// The address of the client that sent a request to the trusted `peer`: the rightmost address in X-Forwarded-For (its
  /// lines joined by commas) that is not a trusted proxy, or the leftmost one if all are. The client may have invented
  /// everything to the left of it, so that part is ignored. Returns `peer` if the header has no address, or if
  /// something other than an address comes first from the right.
  boost::asio::ip::address client_of(const boost::asio::ip::address& peer, std::string_view forwarded_for) const;

 private:
  std::vector<boost::asio::ip::network_v6> m_networks;
};

/// Whether the first entry of an X-Forwarded-Proto header, which describes the browser's own connection, is https.
bool came_over_https(std::string_view forwarded_proto);

}  // namespace tellina
