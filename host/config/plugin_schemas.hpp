#pragma once

/// What host/config needs to know of the installed plugins, and no more: no shared object is opened here.

#include <string>
#include <vector>

#include "tellina/plugin.hpp"

namespace tellina {

class InstalledPlugin {
 public:
  InstalledPlugin(std::string name_, std::string schema_) : name(std::move(name_)), schema(std::move(schema_)) {}

  std::string name;    ///< what config.json says
  std::string schema;  ///< PluginDescriptor::config_schema
};

/// The plugin registry implements this.
class PluginSchemas {
 public:
  virtual ~PluginSchemas() = default;
  /// In the order in which messages are to list them.
  virtual std::vector<InstalledPlugin> installed(PluginKind kind) const = 0;
};

}  // namespace tellina
