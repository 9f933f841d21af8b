#include "host/cli/commands.hpp"
#include "host/config/host_schema.hpp"
#include "host/plugins/registry.hpp"
#include "host/plugins/search_path.hpp"
#include "host/text/table.hpp"

namespace tellina {

int plugins_list(const Arguments& arguments, CommandContext& context) {
  const PluginRegistry registry(default_plugin_search_path(arguments.plugin_folders));
  std::vector<std::vector<std::string>> rows{{"KIND", "NAME", "VERSION", "FILE"}};
  for (const PluginFile& plugin : registry.plugins()) {
    rows.push_back({to_string(plugin.kind), plugin.name, plugin.version, plugin.file});
  }
  print_table(context.out, rows);
  const HostSchema schema = make_host_schema(registry);
  for (const std::string& problem : registry.problems()) context.err << problem << '\n';
  for (const auto& [plugin, problem] : schema.broken) context.err << problem << '\n';
  return registry.problems().empty() && schema.broken.empty() ? 0 : 1;
}

}  // namespace tellina
