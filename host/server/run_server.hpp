#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/runtime/stderr_log.hpp"

namespace tellina {

enum class ServerRole { all, gateway, worker };

/// The command line's settings for the server; all others are in the config file.
class RunOptions {
 public:
  RunOptions() = default;
  ServerRole role = ServerRole::all;
  std::string config;
  std::optional<std::string> address;
  std::optional<std::uint16_t> port;
  std::vector<std::string> plugin_folders;  ///< from --plugin-dir only; see default_plugin_search_path()
  bool test_mode = false;
  /// The database of a server for bots, which replaces the configured one; empty: the server is for people. Such a
  /// server listens on a loopback address without TLS, and only participants who are added by command can log in.
  std::string bots_database;
  /// The number of this worker in /metrics; absent: its process id. A supervised worker keeps its number over restarts.
  std::optional<unsigned> number;
  LogSettings log;
};

/// Serves until SIGINT or SIGTERM; returns the exit status. Throws ConfigError and Error if it cannot start.
int run_server(const RunOptions& options);

}  // namespace tellina
