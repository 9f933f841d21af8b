#pragma once

/// What stands between a socket and the first command.

#include <memory>
#include <string>

#include "connection.hpp"
#include "settings.hpp"

namespace tellina::redis {

/// Connects, logs in, chooses the database. Throws Failure.
std::unique_ptr<Connection> open_server(const Address& address, int stop);

/// Which run of which Redis answers.
class ServerRun {
 public:
  ServerRun() = default;
  std::string id;  ///< changes when the server is started again
  std::string version;
};
/// Throws Failure(refused), also where Redis is older than 7.0.
ServerRun ask_for_run(Connection& connection);

}  // namespace tellina::redis
