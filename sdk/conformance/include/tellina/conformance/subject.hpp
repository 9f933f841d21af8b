#pragma once

/// The plugin under test.

#include <functional>
#include <memory>
#include <string>

#include "tellina/plugin.hpp"

namespace tellina::conformance {

/// What a loader knows about a plugin: its descriptor, and its section of a configuration.
class Subject {
 public:
  PluginKind kind = PluginKind::channel_layer;
  std::string name;
  std::string version;
  Config schema;   ///< PluginDescriptor::config_schema, parsed
  Config section;  ///< the settings to run with; they match the schema

  /// The server that a channel layer uses, HOST:PORT or the path of a socket, as a text in `section` names it. The kit
  /// disturbs the layer's connections to it, through a proxy. Empty: the kit does not disturb them.
  std::string server;

  /// The host's check of a section before it creates the plugin: throws ConfigError if the schema forbids the section.
  std::function<void(const Config& section)> check_section;

  std::function<std::unique_ptr<Plugin>(const PluginContext&)> create;
};

/// Whether a text in the section contains the server's address.
bool names_server(const Config& section, const std::string& server);

}  // namespace tellina::conformance
