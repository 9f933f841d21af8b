#pragma once

#include <string>

namespace tellina {

/// Returns an address at which other machines reach a server that listens on `address`. This is `address` itself,
/// unless it means all addresses of the machine ("0.0.0.0", "::"). Then it is the address of an interface that is up
/// and not the loopback (IPv4 first), or "127.0.0.1" if there is none.
std::string reachable_address(const std::string& address);

}  // namespace tellina
