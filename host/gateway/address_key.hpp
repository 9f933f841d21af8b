#pragma once

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <string>

namespace tellina {

/// The key by which limits per address count clients: the IPv4 address itself (also if it is mapped into IPv6), or the
/// /64 network of an IPv6 address, because providers assign a whole /64 to one customer.
inline std::string address_key(const boost::asio::ip::address& address) {
  if (address.is_v4()) return address.to_string();
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6).to_string();
  auto bytes = v6.to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), 0);
  return boost::asio::ip::address_v6(bytes).to_string() + "/64";
}

/// True for 127.0.0.0/8, also mapped into IPv6, and ::1.
inline bool is_loopback(const boost::asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).is_loopback();
  }
  return address.is_loopback();
}

}  // namespace tellina
