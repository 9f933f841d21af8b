#pragma once

/// Prepares a new connection for its first command.

#include <memory>
#include <string>

#include "connection.hpp"
#include "settings.hpp"

namespace tellina::redis {

/// Connects, logs in, and selects the database. Throws Failure.
std::unique_ptr<Connection> open_server(const Address& address, int stop);

/// Which Redis answers, and which run of it.
class ServerRun {
 public:
  ServerRun() = default;
  std::string id;  ///< changes when the server restarts
  std::string version;
};
/// Throws Failure(refused), also if Redis is older than 7.0.
ServerRun ask_for_run(Connection& connection);

}  // namespace tellina::redis
