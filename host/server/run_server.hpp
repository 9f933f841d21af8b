#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/runtime/stderr_log.hpp"

namespace tellina {

enum class ServerRole { all, gateway, worker };

/// What the command line says to the server; the rest is in the config file.
class RunOptions {
 public:
  RunOptions() = default;
  ServerRole role = ServerRole::all;
  std::string config;
  std::optional<std::string> address;
  std::optional<std::uint16_t> port;
  std::vector<std::string> plugin_folders;  ///< of --plugin-dir only, see default_plugin_search_path()
  bool test_mode = false;
  /// What /metrics calls a worker; absent: its process number. A supervised worker keeps its number over restarts.
  std::optional<unsigned> number;
  LogSettings log;
};

/// Serves until SIGINT or SIGTERM; returns the exit status. Throws ConfigError and Error for what keeps it from
/// starting.
int run_server(const RunOptions& options);

}  // namespace tellina
