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

  /// The host's check of a section before it creates the plugin: throws ConfigError if the schema forbids the section.
  std::function<void(const Config& section)> check_section;

  std::function<std::unique_ptr<Plugin>(const PluginContext&)> create;
};

}  // namespace tellina::conformance
