#pragma once

/// The plugin that the cases are run on.

#include <functional>
#include <memory>
#include <string>

#include "tellina/plugin.hpp"

namespace tellina::conformance {

/// What a loader knows of a plugin: its descriptor, and its section of a configuration.
class Subject {
 public:
  PluginKind kind = PluginKind::channel_layer;
  std::string name;
  std::string version;
  Config schema;   ///< PluginDescriptor::config_schema, read
  Config section;  ///< the settings to run with, good by the schema

  /// What the host does with a section before it makes the plugin: throws ConfigError where the schema forbids it.
  std::function<void(const Config& section)> check_section;

  std::function<std::unique_ptr<Plugin>(const PluginContext&)> create;
};

}  // namespace tellina::conformance
