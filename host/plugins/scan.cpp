#include "host/plugins/scan.hpp"

#include <algorithm>

#include "host/plugins/apart.hpp"

namespace tellina {

PluginScan::PluginScan(const PluginRegistry& registry, const std::string& name) : m_problems(registry.problems()) {
  for (const PluginNote& note : registry.notes()) {
    if (!name.empty() && note.name != name) continue;
    try {
      ScannedPlugin plugin;
      plugin.kind = note.kind;
      plugin.name = note.name;
      plugin.file = note.file;
      const std::string answer = run_apart(note.file, [&] {
        const PluginFile file = open_plugin_file(note.file);
        return file.version + "\n" + file.schema;
      });
      const std::size_t end = answer.find('\n');
      plugin.version = answer.substr(0, end);
      plugin.schema = answer.substr(end + 1);
      m_plugins.push_back(std::move(plugin));
    } catch (const Error& problem) {
      m_problems.emplace_back(problem.what());
    }
  }
}

std::vector<std::string> PluginScan::names(PluginKind kind) const {
  std::vector<std::string> found;
  for (const ScannedPlugin& plugin : m_plugins) {
    if (plugin.kind == kind && (found.empty() || found.back() != plugin.name)) found.push_back(plugin.name);
  }
  return found;
}

std::string PluginScan::schema(PluginKind kind, const std::string& name) const {
  const auto plugin = std::find_if(m_plugins.begin(), m_plugins.end(), [&](const ScannedPlugin& scanned) {
    return scanned.kind == kind && scanned.name == name;
  });
  if (plugin == m_plugins.end()) throw Error(ErrorCode::not_found, "no such plugin: " + name);
  return plugin->schema;
}

}  // namespace tellina
