#pragma once

/// What config.json chose, loaded: the ground on which the roles stand.

#include <memory>
#include <string>
#include <vector>

#include "host/config/host_config.hpp"
#include "host/plugins/registry.hpp"
#include "host/runtime/system.hpp"
#include "host/server/run_server.hpp"

namespace tellina {

/// The system as main() made it.
class Surroundings {
 public:
  Surroundings(Clock& clock_, Random& random_, Log& log_) : clock(clock_), random(random_), log(log_) {}
  Clock& clock;
  Random& random;
  Log& log;
};

/// A plugin with all that it was lent.
template <typename Kind>
class LentPlugin {
 public:
  using Make = std::unique_ptr<Kind> (PluginRegistry::*)(const std::string&, const PluginContext&) const;

  LentPlugin(const PluginRegistry& registry, Make make, const char* kind, const PluginChoice& choice,
             const Surroundings& system)
      : m_log(system.log, std::string(kind) + " " + choice.name),
        m_context(choice.section, m_log, system.clock, system.random),
        m_plugin((registry.*make)(choice.name, m_context)) {}

  Kind& operator*() const { return *m_plugin; }
  Kind* operator->() const { return m_plugin.get(); }

 private:
  NamedLog m_log;
  PluginContext m_context;
  std::unique_ptr<Kind> m_plugin;
};

/// Reads the configuration and makes the plugins that a role asks for; a plugin's constructor touches nothing outside
/// the process. Throws ConfigError and Error.
///
/// Threads: the constructor's; the plugins as their kinds say.
class ServerParts {
 public:
  ServerParts(const RunOptions& options_, const Surroundings& system_);

  const RunOptions& options;
  const Surroundings system;
  const PluginRegistry registry;
  const HostConfig config;
  const LentPlugin<ChannelLayer> layer;

  LentPlugin<OrderingPolicy> make_ordering() const;
  LentPlugin<SandboxBackend> make_sandboxes() const;
};

/// Whether sandboxes can be used here, and how far their limits are enforced: into the log. Throws Error(unavailable)
/// with the way out where they cannot.
void report_limits(const std::string& plugin, SandboxBackend& sandboxes, Log& log);

}  // namespace tellina
