#include "host/plugins/scan.hpp"

#include <algorithm>

#include "host/plugins/apart.hpp"

namespace tellina {
namespace {

/// Is in no version, and in no JSON.
constexpr char separator = '\x1e';

}  // namespace

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
        return file.version + separator + file.schema + separator + file.options_schema;
      });
      const std::size_t first = answer.find(separator);
      const std::size_t second = answer.find(separator, first + 1);
      plugin.version = answer.substr(0, first);
      plugin.schema = answer.substr(first + 1, second - first - 1);
      plugin.options_schema = answer.substr(second + 1);
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

std::string PluginScan::schema(PluginKind kind, const std::string& name) const { return find(kind, name).schema; }

std::string PluginScan::options_schema(const std::string& name) const {
  return find(PluginKind::sandbox, name).options_schema;
}

const ScannedPlugin& PluginScan::find(PluginKind kind, const std::string& name) const {
  const auto plugin = std::find_if(m_plugins.begin(), m_plugins.end(), [&](const ScannedPlugin& scanned) {
    return scanned.kind == kind && scanned.name == name;
  });
  if (plugin == m_plugins.end()) throw Error(ErrorCode::not_found, "no such plugin: " + name);
  return *plugin;
}

}  // namespace tellina
