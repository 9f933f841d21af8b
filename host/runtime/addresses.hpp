#pragma once

#include <string>

namespace tellina {

/// An address by which other machines reach a server that listens on `address`. That is `address` itself, except where
/// it stands for all addresses of the machine ("0.0.0.0", "::"): then one of an interface that is up and not the
/// loopback (IPv4 first), or "127.0.0.1" where there is none.
std::string reachable_address(const std::string& address);

}  // namespace tellina
