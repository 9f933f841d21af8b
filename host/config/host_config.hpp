#pragma once

/// A configuration as the rest of the host uses it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/config/address_range.hpp"
#include "host/config/config_copies.hpp"
#include "host/config/picture_file.hpp"
#include "host/study/durability.hpp"
#include "host/study/task.hpp"
#include "tellina/config.hpp"
#include "tellina/plugin.hpp"

namespace tellina {

/// Which plugin of a kind to load, and its section.
struct PluginChoice {
  std::string name;
  Config section;  ///< checked against the plugin's schema; holds "plugin" too
};

struct ServerConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 10411;
  std::string base_path;  ///< the path under which a proxy serves the study: "/study", or empty
  std::size_t connections_per_address = 4096;
  std::vector<AddressRange> trusted_proxies;  ///< peers whose X-Forwarded-For is trusted
  /// The names that clients may use for the server; empty: not configured, so the default names.
  std::vector<std::string> hosts;
  std::string certificate;       ///< PEM file of the certificate and its chain; empty: no TLS
  std::string key;               ///< PEM file of the private key; set exactly if `certificate` is
  std::chrono::seconds hsts{0};  ///< max-age of Strict-Transport-Security; 0: the header is not sent
  bool has_tls() const { return !certificate.empty(); }
  bool shows_metrics_to_all = false;  ///< if false, only this machine may read /metrics
  std::string public_url;             ///< the beginning of links, see study_url(); empty: not configured
};

/// What the record keeps of a configuration.
struct RecordedConfig {
  ConfigCopies copies;
  /// The files that the tasks and the texts need, by their names in the configuration: texts, pictures, archives, and
  /// what is in the folders of checkers. Absolute paths.
  std::map<std::string, std::string> files;
};

/// A checked configuration, with absolute paths.
struct HostConfig {
  std::string file;  ///< as given on the command line
  ServerConfig server;
  std::string database;
  bool keeps_bytes = true;     ///< whether the record keeps every byte of the terminals
  bool records_states = true;  ///< whether the record has the files after each command
  std::uint64_t state_content = std::uint64_t{64} * 1024 * 1024;  ///< bytes of their contents for each task session
  bool masks_secrets = true;  ///< whether the record hides what is typed as a secret
  Durability durability = Durability::second;
  std::size_t workers = 2;
  PluginChoice channel_layer;
  PluginChoice ordering;
  PluginChoice sandbox;
  std::size_t sandbox_pool = 2;  ///< how many sandboxes to keep ready
  std::vector<std::string> access_codes;
  std::shared_ptr<const Study> study;
  std::vector<PictureFile> pictures;  ///< that the study's texts show, by name
  std::vector<std::string> warnings;  ///< "config.json:12:5: ..." about what works, but not as its author expects
  std::shared_ptr<const RecordedConfig> recorded;
};

}  // namespace tellina
