#pragma once

/// All that host/config knows about the installed plugins; it opens no shared object.

#include <string>
#include <vector>

#include "tellina/plugin.hpp"

namespace tellina {

/// The plugin registry implements this.
class PluginSchemas {
 public:
  virtual ~PluginSchemas() = default;
  /// The names in config.json, each once, in the order for messages. Opens no plugin.
  virtual std::vector<std::string> names(PluginKind kind) const = 0;
  /// The PluginDescriptor::config_schema of a plugin that names() has. May open the plugin. Throws Error.
  virtual std::string schema(PluginKind kind, const std::string& name) const = 0;
  /// The PluginDescriptor::options_schema of such a sandbox; empty if tasks have no options for it. The rest is as
  /// above.
  virtual std::string options_schema(const std::string& name) const = 0;
};

}  // namespace tellina
