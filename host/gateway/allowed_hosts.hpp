#pragma once

/// Which names of the server a request may use.

#include <string>
#include <string_view>
#include <vector>

namespace tellina {

/// Protects against DNS rebinding: an attacker can make the name of their own site resolve to this server. For the
/// browser, the site's page then has the same origin as the server, and only the name in the request shows the attack.
///
/// Always allowed: "localhost", names below it, and loopback addresses. Also the listed names ("*.example.org" is any
/// name below example.org, "*" any name), and the public host. Unless only listed names are allowed: also all addresses
/// and all names without a dot, because no other site can have such a name.
///
/// Names are compared without case, ports and a dot at the end. Immutable; threads: any.
class AllowedHosts {
 public:
  AllowedHosts(std::vector<std::string> listed, std::string_view public_host, bool only_listed);

  /// `host`: "name", "name:port", "192.0.2.1" or "[2001:db8::1]:80". Other text is not allowed.
  bool contains(std::string_view host) const;

 private:
  std::vector<std::string> m_listed;
  const bool m_only_listed;
};

}  // namespace tellina
