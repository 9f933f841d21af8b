#pragma once

/// All that host/config knows about the installed plugins; it opens no shared object.

#include <string>
#include <vector>

#include "tellina/plugin.hpp"

namespace tellina {

struct InstalledPlugin {
  std::string name;    ///< its name in config.json
  std::string schema;  ///< PluginDescriptor::config_schema
};

/// The plugin registry implements this.
class PluginSchemas {
 public:
  virtual ~PluginSchemas() = default;
  /// In the order for messages.
  virtual std::vector<InstalledPlugin> installed(PluginKind kind) const = 0;
};

}  // namespace tellina
