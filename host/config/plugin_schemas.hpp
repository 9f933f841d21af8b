#pragma once

/// The only things that host/config knows of the installed plugins; it opens no shared object.

#include <string>
#include <vector>

#include "tellina/plugin.hpp"

namespace tellina {

struct InstalledPlugin {
  std::string name;    ///< what config.json says
  std::string schema;  ///< PluginDescriptor::config_schema
};

/// The plugin registry implements this.
class PluginSchemas {
 public:
  virtual ~PluginSchemas() = default;
  /// In the order in which messages list them.
  virtual std::vector<InstalledPlugin> installed(PluginKind kind) const = 0;
};

}  // namespace tellina
