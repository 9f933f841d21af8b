#pragma once

#include <string>
#include <vector>

namespace tellina {

/// Returns an address at which other machines reach a server that listens on `address`. This is `address` itself,
/// unless it means all addresses of the machine ("0.0.0.0", "::"). Then it is the address of an interface that is up
/// and not the loopback (IPv4 first), or "127.0.0.1" if there is none.
std::string reachable_address(const std::string& address);

/// Whether a server that listens on the address has clients on this machine only: 127.0.0.0/8, "::1", "localhost".
bool is_loopback_address(const std::string& address);

/// The names of this machine: its host name, that name with ".local", and the full name that the resolver gives for it.
/// Asks the resolver, which may take seconds if its servers do not answer.
std::vector<std::string> machine_names();

}  // namespace tellina
