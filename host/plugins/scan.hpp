#pragma once

/// Opens every installed plugin, each in a child process.

#include <string>
#include <vector>

#include "host/config/plugin_schemas.hpp"
#include "host/plugins/registry.hpp"

namespace tellina {

/// What a plugin's descriptor says.
class ScannedPlugin {
 public:
  PluginKind kind = PluginKind::sandbox;
  std::string name;
  std::string version;
  std::string file;
  std::string schema;
  std::string options_schema;  ///< empty if there are no options
};

/// For commands that show all plugins. The constructor takes up to limits::plugin_opening for each plugin that hangs.
class PluginScan final : public PluginSchemas {
 public:
  /// `name`: opens only plugins of this name; empty: all.
  explicit PluginScan(const PluginRegistry& registry, const std::string& name = {});

  /// Those that could be opened, in the order of the registry.
  const std::vector<ScannedPlugin>& plugins() const { return m_plugins; }
  /// Those of the registry, and one for each plugin that could not be opened.
  const std::vector<std::string>& problems() const { return m_problems; }

  std::vector<std::string> names(PluginKind kind) const override;
  std::string schema(PluginKind kind, const std::string& name) const override;
  std::string options_schema(const std::string& name) const override;

 private:
  /// Throws Error(not_found).
  const ScannedPlugin& find(PluginKind kind, const std::string& name) const;

  std::vector<ScannedPlugin> m_plugins;
  std::vector<std::string> m_problems;
};

}  // namespace tellina
