#pragma once

/// The loaded configuration and plugins, which all roles use.

#include <memory>
#include <string>
#include <vector>

#include "host/config/host_config.hpp"
#include "host/plugins/registry.hpp"
#include "host/runtime/plugin_figures.hpp"
#include "host/runtime/system.hpp"
#include "host/server/descriptor_budget.hpp"
#include "host/server/run_server.hpp"

namespace tellina {

/// The process's clock, random generator, log, and figures of plugins.
class SystemServices {
 public:
  SystemServices(Clock& clock_, Random& random_, Log& log_, PluginFigures& figures_)
      : clock(clock_), random(random_), log(log_), figures(figures_) {}
  Clock& clock;
  Random& random;
  Log& log;
  PluginFigures& figures;
};

/// A plugin and the context that it refers to.
template <typename Kind>
class PluginInstance {
 public:
  using Make = std::unique_ptr<Kind> (PluginRegistry::*)(const std::string&, const PluginContext&) const;

  PluginInstance(const PluginRegistry& registry, Make make, PluginKind kind, const PluginChoice& choice,
                 const SystemServices& system)
      : m_log(system.log, std::string(log_name(kind)) + " " + choice.name),
        m_context(choice.section, m_log, system.clock, system.random, &system.figures.of(kind, choice.name)),
        m_plugin((registry.*make)(choice.name, m_context)) {}

  Kind& operator*() const { return *m_plugin; }
  Kind* operator->() const { return m_plugin.get(); }

 private:
  static const char* log_name(PluginKind kind) {
    return kind == PluginKind::ordering_policy ? "ordering" : to_string(kind);
  }

  NamedLog m_log;
  PluginContext m_context;
  std::unique_ptr<Kind> m_plugin;
};

/// The configuration as the server uses it: changed for bots if the options say so. Throws ConfigError.
HostConfig load_served_config(const RunOptions& options, const PluginRegistry& registry);

/// Reads the configuration and creates the plugins that a role needs. A plugin's constructor touches nothing outside
/// the process. Throws ConfigError and Error.
///
/// Threads: the one that called the constructor. For the plugins, see their interfaces.
class ServerParts {
 public:
  ServerParts(const RunOptions& options_, const SystemServices& system_);

  const RunOptions& options;
  const SystemServices system;
  const PluginRegistry registry;
  const HostConfig config;
  const PluginInstance<ChannelLayer> layer;
  const DescriptorBudget budget;

  /// How many other processes each process has a connection to.
  std::size_t peers() const;
  /// How many sandboxes a worker process may have for participants, besides those of the pool.
  std::size_t sandboxes() const;

  PluginInstance<OrderingPolicy> make_ordering() const;
  PluginInstance<SandboxBackend> make_sandboxes() const;
  /// One that an earlier configuration named.
  PluginInstance<SandboxBackend> make_sandboxes(const PluginChoice& choice) const;
};

/// Logs whether sandboxes work on this machine, and how far their limits are enforced. Returns what the backend said.
/// Throws Error(unavailable) with a remedy if sandboxes do not work.
Capabilities report_limits(const std::string& plugin, SandboxBackend& sandboxes, Log& log);

/// Throws ConfigError if a task has a checker and the sandbox can run none.
void require_checkers(const std::string& plugin, const Capabilities& found, const Study& study);

}  // namespace tellina
