#pragma once

/// Which names of the server a request may use.

#include <string>
#include <string_view>
#include <vector>

namespace tellina {

/// Protects against DNS rebinding: a page of another site whose name suddenly leads to this server is of the same
/// origin for its browser, so only the name gives it away.
///
/// Always allowed: "localhost", names below it, and addresses of the loopback. Also the listed names ("*.example.org"
/// is any name below example.org, "*" any name), and the public host. Unless only listed names are allowed: also all
/// addresses and all names without a dot, because the owner of another site can have neither.
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
