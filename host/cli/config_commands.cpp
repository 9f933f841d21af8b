#include "host/cli/commands.hpp"
#include "host/config/host_schema.hpp"
#include "host/config/load_host_config.hpp"
#include "host/config/words.hpp"
#include "host/plugins/guard.hpp"
#include "host/plugins/registry.hpp"
#include "host/plugins/search_path.hpp"

namespace tellina {
namespace {

/// Makes what the configuration chooses, as only a plugin's constructor knows all that its section may hold.
void make_plugins(const PluginRegistry& registry, const HostConfig& config, CommandContext& context) {
  const auto lend = [&](const PluginChoice& choice) {
    return PluginContext(choice.section, context.log, context.clock, context.random);
  };
  const PluginContext channel_layer = lend(config.channel_layer);
  const PluginContext ordering = lend(config.ordering);
  const PluginContext sandbox = lend(config.sandbox);
  registry.make_channel_layer(config.channel_layer.name, channel_layer);
  registry.make_ordering_policy(config.ordering.name, ordering);
  registry.make_sandbox_backend(config.sandbox.name, sandbox);
}

/// Layers that another process can reach. One that cannot be made without a section of its own counts: nothing says
/// that it cannot.
std::vector<std::string> shared_layers(const PluginRegistry& registry, CommandContext& context) {
  std::vector<std::string> names;
  for (const InstalledPlugin& plugin : registry.installed(PluginKind::channel_layer)) {
    const PluginContext lent(Config(), context.log, context.clock, context.random);
    bool local = false;
    try {
      local = registry.make_channel_layer(plugin.name, lent)->is_process_local();
    } catch (const Error&) {
    }
    if (!local) names.push_back(plugin.name);
  }
  return names;
}

}  // namespace

int config_check(const Arguments& arguments, CommandContext& context) {
  const PluginRegistry registry(default_plugin_search_path(arguments.plugin_folders));
  for (const std::string& problem : registry.problems()) context.err << "warning: " << problem << '\n';
  const HostConfig config = load_host_config(arguments.config, registry);
  make_plugins(registry, config, context);
  context.out << arguments.config
              << ": good: " << counted(static_cast<std::int64_t>(config.study->tasks.size()), "task") << ", "
              << counted(static_cast<std::int64_t>(config.access_codes.size()), "access code") << '\n';
  return 0;
}

int sandbox_prepare(const Arguments& arguments, CommandContext& context) {
  const PluginRegistry registry(default_plugin_search_path(arguments.plugin_folders));
  for (const std::string& problem : registry.problems()) context.err << "warning: " << problem << '\n';
  const HostConfig config = load_host_config(arguments.config, registry);
  const PluginContext lent(config.sandbox.section, context.log, context.clock, context.random);
  const std::unique_ptr<SandboxBackend> sandboxes = registry.make_sandbox_backend(config.sandbox.name, lent);
  if (auto* const preparation = dynamic_cast<SandboxPreparation*>(sandboxes.get())) {
    guard_plugin_call("sandbox " + in_quotes(config.sandbox.name), [&] { preparation->prepare(); });
  }
  return 0;
}

int config_schema(const Arguments& arguments, CommandContext& context) {
  const PluginRegistry registry(default_plugin_search_path(arguments.plugin_folders));
  context.out << full_schema(registry);
  return 0;
}

void check_role(const Arguments& arguments, CommandContext& context) {
  const PluginRegistry registry(default_plugin_search_path(arguments.plugin_folders));
  const HostConfig config = load_host_config(arguments.config, registry);
  const PluginContext lent(config.channel_layer.section, context.log, context.clock, context.random);
  if (!registry.make_channel_layer(config.channel_layer.name, lent)->is_process_local()) return;
  const std::vector<std::string> others = shared_layers(registry, context);
  throw ConfigError(
      arguments.config + ": channel_layer.plugin: expected a channel layer that several processes share (" +
      (others.empty() ? "none is installed" : listed(others, "or")) + "), got " + in_quotes(config.channel_layer.name) +
      ", which stays within one; `tellina run` plays all roles in one");
}

}  // namespace tellina
