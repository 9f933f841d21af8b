#include "host/server/parts.hpp"

#include <algorithm>
#include <filesystem>

#include "host/config/load_host_config.hpp"
#include "host/plugins/search_path.hpp"
#include "host/runtime/descriptors.hpp"

namespace tellina {
namespace {

/// Logs plugins that cannot be loaded first, because they may explain errors in the configuration.
HostConfig load_config(const RunOptions& options, const PluginRegistry& registry, Log& log) {
  for (const std::string& problem : registry.problems()) log.warning(problem);
  return load_served_config(options, registry);
}

}  // namespace

HostConfig load_served_config(const RunOptions& options, const PluginRegistry& registry) {
  HostConfig config = load_host_config(options.config, registry);
  if (options.bots_database.empty()) return config;
  config.database = std::filesystem::absolute(options.bots_database).lexically_normal().string();
  config.server = ServerConfig();
  config.access_codes.clear();
  return config;
}

ServerParts::ServerParts(const RunOptions& options_, const SystemServices& system_)
    : options(options_),
      system(system_),
      registry(default_plugin_search_path(options.plugin_folders, options.config), "/proc/self/exe"),
      config(load_config(options, registry, system.log)),
      layer(registry, &PluginRegistry::make_channel_layer, PluginKind::channel_layer, config.channel_layer, system),
      budget(raise_descriptor_limit(), options.role, peers()) {}

std::size_t ServerParts::peers() const { return layer->is_process_local() ? 0 : config.workers; }

std::size_t ServerParts::sandboxes() const {
  return std::max<std::size_t>(budget.sandboxes() - std::min(budget.sandboxes(), config.sandbox_pool), 1);
}

PluginInstance<OrderingPolicy> ServerParts::make_ordering() const {
  return {registry, &PluginRegistry::make_ordering_policy, PluginKind::ordering_policy, config.ordering, system};
}

PluginInstance<SandboxBackend> ServerParts::make_sandboxes() const { return make_sandboxes(config.sandbox); }

PluginInstance<SandboxBackend> ServerParts::make_sandboxes(const PluginChoice& choice) const {
  return {registry, &PluginRegistry::make_sandbox_backend, PluginKind::sandbox, choice, system};
}

void require_checkers(const std::string& plugin, const Capabilities& found, const Study& study) {
  if (found.runs_commands) return;
  std::string messages;
  for (const Task& task : study.tasks) {
    if (task.type != TaskType::command) continue;
    messages += (messages.empty() ? "" : "\n") + task.checker.place +
                ": expected a task without a checker, as the sandbox \"" + plugin + "\" runs none, got \"" +
                to_string(task.type) + "\"";
  }
  if (!messages.empty()) throw ConfigError(messages);
}

Capabilities report_limits(const std::string& plugin, SandboxBackend& sandboxes, Log& log) {
  Capabilities found = sandboxes.probe();
  if (!found.usable) {
    throw Error(ErrorCode::unavailable, "the sandbox \"" + plugin + "\" cannot be used here: " + found.reason);
  }
  for (const LimitReport& limit : found.limits) {
    const std::string line = "sandbox \"" + plugin + "\": " + limit.name + ": " + limit.how;
    if (limit.enforced)
      log.info(line);
    else
      log.warning(line + " (can be exceeded)");
  }
  return found;
}

}  // namespace tellina
