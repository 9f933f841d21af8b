#include "host/server/run_server.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "host/limits.hpp"
#include "host/plugins/layer_probe.hpp"
#include "host/runtime/descriptors.hpp"
#include "host/server/descriptor_budget.hpp"
#include "host/server/gateway_role.hpp"
#include "host/server/heartbeat.hpp"
#include "host/server/layer_dispatch.hpp"
#include "host/server/parts.hpp"
#include "host/server/running_environment.hpp"
#include "host/server/server_lock.hpp"
#include "host/server/signals.hpp"
#include "host/server/start_report.hpp"
#include "host/server/supervisor.hpp"
#include "host/server/supervisor_link.hpp"
#include "host/server/worker_role.hpp"

namespace tellina {
namespace {

std::size_t cores() { return std::max(1U, std::thread::hardware_concurrency()); }

/// Runs until SIGINT or SIGTERM, or until the supervisor is gone.
void serve(const Signals& signals, const SupervisorLink& link, LoopThreads& loops,
           const std::function<void()>& reload) {
  Heartbeat heartbeat(link, loops);
  const auto limit = link.is_supervised() ? limits::heartbeat : Signals::forever;
  for (;;) {
    heartbeat.beat();
    pollfd supervisor{link.descriptor(), POLLIN, 0};
    for (const int signal : signals.wait({&supervisor, 1}, limit)) {
      if (signal == SIGINT || signal == SIGTERM) return;
      if (signal == SIGHUP) reload();
    }
    if (supervisor.revents != 0) return;
  }
}

void stop_or_exit(WorkerRole& worker, Log& log) {
  if (worker.stop()) return;
  log.error("some sandboxes or records did not end in time; the next start cleans them up");
  std::cout.flush();
  std::_Exit(0);
}

/// Runs gateway and worker in one process, on the same loops.
int serve_all(const ServerParts& parts, const Signals& signals, const SupervisorLink& link) {
  LoopThreads loops(cores(), parts.system.clock);
  WorkerRole worker(parts, loops, false);
  std::optional<GatewayRole> gateway;
  try {
    gateway.emplace(parts, loops);
  } catch (...) {
    stop_or_exit(worker, parts.system.log);
    throw;
  }
  announce(parts, gateway->port());
  serve(signals, link, loops, [&] {
    gateway->reload();
    worker.reload();
  });
  LogEvent("stopping").write(parts.system.log);
  gateway->stop();
  stop_or_exit(worker, parts.system.log);
  LogEvent("stopped").write(parts.system.log);
  return 0;
}

int serve_gateway(const ServerParts& parts, const Signals& signals, const SupervisorLink& link) {
  LoopThreads loops(cores(), parts.system.clock);
  GatewayRole gateway(parts, loops);
  {
    const LayerDispatch dispatch(loops[0], *parts.layer, parts.system.log);
    if (link.is_supervised())
      link.report_ready(gateway.port());
    else
      announce(parts, gateway.port());
    serve(signals, link, loops, [&] { gateway.reload(); });
  }
  gateway.stop();
  return 0;
}

/// One loop: to use more cores, start more workers.
int serve_worker(const ServerParts& parts, const Signals& signals, const SupervisorLink& link) {
  LoopThreads loops(1, parts.system.clock);
  WorkerRole worker(parts, loops, link.is_supervised());
  try {
    const LayerDispatch dispatch(loops[0], *parts.layer, parts.system.log);
    if (link.is_supervised())
      link.report_ready(0);
    else
      std::cout << "a worker serves\n" << std::flush;
    serve(signals, link, loops, [&] { worker.reload(); });
  } catch (...) {
    stop_or_exit(worker, parts.system.log);
    throw;
  }
  stop_or_exit(worker, parts.system.log);
  return 0;
}

void record_environment(Store& store, const ServerParts& parts, const HostConfig& config, const Capabilities& found) {
  const EnvironmentRecord record = describe_environment(parts, config, found);
  store.run(
      [&](StoreTransaction& transaction) { transaction.record_environment(record, Timestamp(parts.system.clock)); });
}

/// Throws an error that every worker would meet, so that it is reported once. Returns what the sandbox says about
/// itself, which the record has then.
Capabilities check_what_workers_need(const ServerParts& parts) {
  parts.make_ordering();
  const auto sandboxes = parts.make_sandboxes();
  const auto store = Store::open(parts.config.database, parts.system.clock, parts.system.log);
  apply_study(*store, parts.config, parts.system.clock);
  report_tasks_without_access(*store, parts.system.log);
  const Capabilities found = report_limits(parts.config.sandbox.name, *sandboxes, parts.system.log);
  require_checkers(parts.config.sandbox.name, found, *parts.config.study);
  record_environment(*store, parts, parts.config, found);
  return found;
}

/// Logs once for all processes that the channel layer cannot be used yet.
void report_layer(const ServerParts& parts) {
  const std::string problem = why_layer_is_unusable(parts.config.channel_layer.name, *parts.layer);
  if (!problem.empty())
    parts.system.log.warning(problem + "; the server starts, and participants wait until it can be");
}

/// `found`: what the sandbox said about itself.
bool can_reload(const ServerParts& parts, const Capabilities& found) {
  try {
    const HostConfig config = load_served_config(parts.options, parts.registry);
    const auto store = Store::open(config.database, parts.system.clock, parts.system.log, config.durability,
                                   config.database == parts.config.database ? Opening::existing : Opening::create);
    apply_study(*store, config, parts.system.clock);
    record_environment(*store, parts, config, found);
    report_tasks_without_access(*store, parts.system.log);
    return true;
  } catch (const std::exception& error) {
    parts.system.log.error(std::string("the new configuration was not applied:\n") + error.what());
    return false;
  }
}

int supervise(const ServerParts& parts, const Signals& signals) {
  const Capabilities found = check_what_workers_need(parts);
  Supervisor supervisor(parts.options, parts.config.workers, signals, parts.system.clock, parts.system.log);
  const std::optional<std::uint16_t> port = supervisor.start();
  bool is_good = true;
  if (port) {
    announce(parts, *port);
    is_good = supervisor.supervise([&] { return can_reload(parts, found); });
  }
  LogEvent("stopping").write(parts.system.log);
  supervisor.stop();
  LogEvent("stopped").write(parts.system.log);
  return is_good ? 0 : 1;
}

int serve_role(const ServerParts& parts, const Signals& signals, const SupervisorLink& link) {
  if (parts.options.role == ServerRole::gateway) return serve_gateway(parts, signals, link);
  if (parts.options.role == ServerRole::worker) {
    std::optional<ServerLock> lock;
    if (!link.is_supervised()) lock.emplace(parts.config.database, ServerLock::Kind::worker);
    return serve_worker(parts, signals, link);
  }
  const ServerLock lock(parts.config.database, ServerLock::Kind::alone);
  check_port(parts);
  report_layer(parts);
  if (parts.layer->is_process_local()) return serve_all(parts, signals, link);
  return supervise(parts, signals);
}

}  // namespace

int run_server(const RunOptions& options) {
  const SupervisorLink link;
  const Signals signals;
  SystemClock clock;
  SystemRandom random;
  LogSettings settings = options.log;
  settings.has_priorities = is_journal(STDERR_FILENO);
  StderrLog log(clock, settings);
  try {
    raise_descriptor_limit();
    // libzmq ends the process if it gets no descriptor.
    require_free_descriptors(DescriptorBudget::needed_at_start);
    PluginFigures figures;
    const ServerParts parts(options, SystemServices(clock, random, log, figures));
    return serve_role(parts, signals, link);
  } catch (const Error& error) {
    const auto* failure = dynamic_cast<const StoreError*>(&error);
    const bool is_temporary =
        (failure && failure->is_temporary()) || dynamic_cast<const DescriptorShortage*>(&error) != nullptr;
    if (is_temporary && link.is_supervised()) {
      log.error(error.what() + (error.hint().empty() ? "" : " (" + error.hint() + ")"));
      return SupervisorLink::try_again;
    }
    // A JSON log and the journal must contain the error. For people at a terminal, the caller prints it.
    if (settings.format == LogFormat::text && !settings.has_priorities) throw;
    log.error(error.hint().empty() ? error.what() : error.what() + ("\n" + error.hint()));
    return error.code() == ErrorCode::bad_config ? 2 : 1;
  }
}

}  // namespace tellina
