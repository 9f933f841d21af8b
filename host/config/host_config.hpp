#pragma once

/// config.json as the rest of the host uses it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/config/address_range.hpp"
#include "host/study/task.hpp"
#include "tellina/config.hpp"
#include "tellina/plugin.hpp"

namespace tellina {

/// What a login and the column of the store take.
constexpr std::size_t max_access_code_bytes = 100;

/// Which plugin of a kind to load, and its section.
class PluginChoice {
 public:
  PluginChoice() = default;
  std::string name;
  Config section;  ///< checked against the plugin's schema; holds "plugin" too
};

class ServerConfig {
 public:
  ServerConfig() = default;
  std::string address = "127.0.0.1";
  std::uint16_t port = 10411;
  std::string base_path;  ///< under which a proxy offers the server: "/study", or empty
  std::size_t connections_per_address = 4096;
  std::vector<AddressRange> trusted_proxies;  ///< whose X-Forwarded-For is believed
  bool shows_metrics_to_all = false;          ///< else /metrics is for this machine only
  std::string public_url;                     ///< what links begin with, see study_url(); empty: not configured
};

/// Everything checked; relative paths made absolute from the config file's folder.
class HostConfig {
 public:
  HostConfig() = default;
  std::string file;  ///< as given on the command line
  ServerConfig server;
  std::string database;
  bool keeps_bytes = true;  ///< whether the record holds what goes through the terminals, byte for byte
  std::size_t workers = 2;
  PluginChoice channel_layer;
  PluginChoice ordering;
  PluginChoice sandbox;
  std::size_t sandbox_pool = 2;  ///< of the sandbox section: how many to keep warm
  std::vector<std::string> access_codes;
  std::shared_ptr<const Study> study;
};

}  // namespace tellina
