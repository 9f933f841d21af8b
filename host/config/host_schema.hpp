#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "host/config/plugin_schemas.hpp"
#include "tellina/config.hpp"

namespace tellina {

/// "channel_layer", "ordering", "sandbox": the key of a kind's section in config.json.
const char* section_key(PluginKind kind);

/// The plugin that is used if config.json names none: "memory", "strict", "chroot".
const char* default_plugin(PluginKind kind);

/// The name among the `$defs` of the schema of the options that a task may have for a sandbox.
std::string options_definition(const std::string& plugin);

/// The keys that `task_defaults` may have for tasks of a type; none for an unknown type.
std::set<std::string> task_default_keys(const std::string& type);

/// The schema of config.json with the sections of the installed plugins in it.
struct HostSchema {
  Config schema;
  /// Plugins that cannot be opened, or whose own schema can't be used, and why. Their sections are not checked, so they
  /// must not be loaded.
  std::map<std::pair<PluginKind, std::string>, std::string> broken;
};

/// With the schemas of all plugins.
HostSchema make_host_schema(const PluginSchemas& plugins);

/// A plugin of each kind. Only its schema is asked for: the sections of other plugins may contain anything.
using NamedPlugins = std::map<PluginKind, std::string>;
HostSchema make_host_schema(const PluginSchemas& plugins, const NamedPlugins& named);

/// What `tellina config schema` prints: JSON Schema 2020-12 for editors. Throws ConfigError with the name of a plugin
/// whose schema can't be used.
std::string full_schema(const PluginSchemas& plugins);

}  // namespace tellina
