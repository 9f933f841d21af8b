#pragma once

/// The address of a Redis server, written as one URL in config.json.

#include <cstdint>
#include <string>

#include "tellina/config.hpp"

namespace tellina::redis {

class Address {
 public:
  Address() = default;

  std::string host;  ///< a name, or an IPv4 or IPv6 address without brackets; empty if `path` is set
  std::uint16_t port = 6379;
  std::string path;  ///< of a unix socket
  std::string user;  ///< empty: the default user
  std::string password;
  int database = 0;
  bool is_encrypted = false;  ///< "rediss://"
  std::string ca_file;        ///< whose certificates are trusted; empty: the system's

  /// For logs: never contains the user or the password.
  std::string text() const;
};

/// Reads `redis://` or `rediss://[USER:PASSWORD@]HOST[:PORT][/DATABASE]` or `unix://[USER:PASSWORD@]/PATH`; `%41` means
/// "A" in user, password and path. Throws ConfigError, which never contains the password.
Address read_url(const Config& url);

}  // namespace tellina::redis
