#include "host/cli/run_server.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <future>
#include <iostream>
#include <thread>

#include <unistd.h>

#include "host/config/load_host_config.hpp"
#include "host/gateway/gateway.hpp"
#include "host/plugins/registry.hpp"
#include "host/plugins/search_path.hpp"
#include "host/runtime/asio_loop.hpp"
#include "host/runtime/system.hpp"
#include "host/store/process_identity.hpp"
#include "host/store/store.hpp"
#include "host/worker/worker_lane.hpp"

namespace tellina {
namespace {

/// Of the 5 s that a server may take to end: the gateway has 2 s of its own.
constexpr std::chrono::milliseconds lanes_stop_limit{2500};
/// Blocking calls wait for processes and daemons more than they compute.
constexpr std::size_t pool_threads = 16;

/// Signals are taken by the main thread alone; every thread made later inherits the mask.
sigset_t block_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

/// The loops and their threads; they run until the destructor.
class LoopThreads {
 public:
  LoopThreads(std::size_t count, Clock& clock) {
    for (std::size_t i = 0; i < count; ++i) {
      m_loops.push_back(std::make_unique<AsioLoop>(clock));
      m_threads.emplace_back([&loop = *m_loops.back()] { loop.run(); });
    }
  }
  ~LoopThreads() { stop(); }

  void stop() {
    for (const auto& loop : m_loops) loop->stop();
    for (std::thread& thread : m_threads) {
      if (thread.joinable()) thread.join();
    }
  }

  std::size_t size() const { return m_loops.size(); }
  AsioLoop& operator[](std::size_t index) { return *m_loops[index]; }
  std::vector<AsioLoop*> all() const {
    std::vector<AsioLoop*> loops;
    for (const auto& loop : m_loops) loops.push_back(loop.get());
    return loops;
  }

 private:
  std::vector<std::unique_ptr<AsioLoop>> m_loops;
  std::vector<std::thread> m_threads;
};

/// Runs a call on a loop and waits for it; throws what it threw.
void run_on(Loop& loop, const std::function<void()>& call) {
  std::promise<void> done;
  loop.post([&] {
    try {
      call();
      done.set_value();
    } catch (...) {
      done.set_exception(std::current_exception());
    }
  });
  done.get_future().get();
}

void report_limits(const std::string& plugin, SandboxBackend& sandboxes, Log& log) {
  const Capabilities found = sandboxes.probe();
  if (!found.usable) {
    throw Error(ErrorCode::unavailable, "the sandbox \"" + plugin + "\" cannot be used here: " + found.reason);
  }
  for (const LimitReport& limit : found.limits) {
    const std::string line = "sandbox \"" + plugin + "\": " + limit.name + ": " + limit.how;
    if (limit.enforced)
      log.info(line);
    else
      log.warning(line + " (not enforced)");
  }
}

/// Everything that serves, in the order in which it is made; it goes the other way round.
class Server {
 public:
  Server(const RunOptions& options, Clock& clock, Random& random, Log& log)
      : m_options(options),
        m_clock(clock),
        m_random(random),
        m_log(log),
        m_registry(default_plugin_search_path(options.plugin_folders)),
        m_config(load_config()),
        m_layer_log(log, "channel layer " + m_config.channel_layer.name),
        m_ordering_log(log, "ordering " + m_config.ordering.name),
        m_sandbox_log(log, "sandbox " + m_config.sandbox.name),
        m_layer_context(m_config.channel_layer.section, m_layer_log, clock, random),
        m_ordering_context(m_config.ordering.section, m_ordering_log, clock, random),
        m_sandbox_context(m_config.sandbox.section, m_sandbox_log, clock, random),
        m_layer(m_registry.make_channel_layer(m_config.channel_layer.name, m_layer_context)),
        m_ordering(m_registry.make_ordering_policy(m_config.ordering.name, m_ordering_context)),
        m_sandboxes(m_registry.make_sandbox_backend(m_config.sandbox.name, m_sandbox_context)),
        m_store(Store::open(m_config.database, clock, log)),
        m_loops(std::max(1U, std::thread::hardware_concurrency()), clock),
        m_pool(std::make_unique<ThreadPool>(pool_threads)) {
    apply(m_config);
    report_limits(m_config.sandbox.name, *m_sandboxes, log);
    start_workers();
    start_gateway();
  }

  ~Server() {
    // Declared lifetimes do the rest: the pool's last tasks may still refer to the lanes and the loops.
    if (m_gateway) m_gateway->stop();
    if (!stop_lanes()) {
      m_log.error("some sandboxes or records did not end in time; the next start puts them away");
      std::cout.flush();
      std::_Exit(0);
    }
    m_gateway.reset();
    m_pool.reset();
    for (std::size_t i = 0; i < m_lanes.size(); ++i) {
      run_on(m_loops[i], [&] { m_lanes[i].reset(); });
    }
    m_loops.stop();
  }

  void announce() const {
    const std::string shown =
        m_gateway_address.find(':') == std::string::npos ? m_gateway_address : "[" + m_gateway_address + "]";
    const std::string base = "http://" + shown + ":" + std::to_string(m_port);
    std::cout << "listening on " << base << '\n';
    if (isatty(STDOUT_FILENO)) {
      for (const std::string& code : m_config.access_codes) {
        std::cout << "  " << base << "/static/html/index.html?access_code=" << percent_encode(code) << '\n';
      }
    }
    std::cout.flush();
  }

  /// Takes over access codes and tasks from the file; whatever is wrong is said, and the study goes on as it was.
  void reload() {
    try {
      HostConfig config = load_host_config(m_options.config, m_registry);
      apply(config);
      for (std::size_t i = 0; i < m_lanes.size(); ++i) {
        run_on(m_loops[i], [&] { m_lanes[i]->use_study(config.study); });
      }
      m_log.info(m_options.config + " was read again: access codes and tasks are in force");
    } catch (const Error& error) {
      m_log.error(std::string("the configuration was not taken over:\n") + error.what());
    }
  }

 private:
  /// Plugins that cannot be loaded are named first: they explain what the configuration then misses.
  HostConfig load_config() {
    for (const std::string& problem : m_registry.problems()) m_log.warning(problem);
    return load_host_config(m_options.config, m_registry);
  }

  static std::string percent_encode(const std::string& text) {
    std::string encoded;
    for (const char c : text) {
      if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.' || c == '~') {
        encoded += c;
      } else {
        char code[4];
        std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned char>(c));
        encoded += code;
      }
    }
    return encoded;
  }

  void apply(const HostConfig& config) {
    m_store->run([&](StoreTransaction& transaction) {
      const Moment now(m_clock);
      transaction.sync_tasks(*config.study, config.file, now);
      transaction.sync_access_codes(config.access_codes, now);
    });
  }

  void start_workers() {
    std::vector<std::string> dead;
    std::vector<SandboxId> in_use;
    m_store->run([&](StoreTransaction& transaction) {
      dead = transaction.retire_dead_workers(Moment(m_clock));
      in_use = transaction.find_sandboxes_in_use();
    });
    for (const std::string& owner : dead) m_sandboxes->sweep(owner, in_use);

    const std::string process = random_token(m_random, 4);
    for (std::size_t i = 0; i < m_loops.size(); ++i) {
      SessionEnvironment environment(m_loops[i], *m_pool, *m_store, *m_sandboxes, m_random, m_log);
      environment.worker = process + "-" + std::to_string(i);
      environment.sandbox_plugin = m_config.sandbox.name;
      environment.working_directory = m_config.working_directory;
      environment.study = m_config.study;
      m_store->run([&](StoreTransaction& transaction) {
        transaction.register_worker(identify_this_process(environment.worker), Moment(m_clock));
      });
      m_lanes.push_back(std::make_unique<WorkerLane>(environment, *m_layer, *m_ordering, i, m_loops.size()));
      run_on(m_loops[i], [&] { m_lanes[i]->start(); });
    }
  }

  void start_gateway() {
    GatewayConfig config;
    config.address = m_options.address.value_or(m_config.server.address);
    config.port = m_options.port.value_or(m_config.server.port);
    config.connections_per_address = m_config.server.connections_per_address;
    config.static_root = (program_folder().parent_path() / "share/tellina/static").string();
    config.id = random_token(m_random, 4);
    m_gateway_address = config.address;
    m_gateway = std::make_unique<Gateway>(config, *m_layer, m_loops.all(), m_clock, m_random, m_log);
    m_port = m_gateway->start();
  }

  bool stop_lanes() {
    std::vector<std::future<void>> stopped;
    for (std::size_t i = 0; i < m_lanes.size(); ++i) {
      auto done = std::make_shared<std::promise<void>>();
      stopped.push_back(done->get_future());
      m_loops[i].post([&lane = *m_lanes[i], done] { lane.stop([done] { done->set_value(); }); });
    }
    const auto deadline = std::chrono::steady_clock::now() + lanes_stop_limit;
    return std::all_of(stopped.begin(), stopped.end(),
                       [&](std::future<void>& lane) { return lane.wait_until(deadline) == std::future_status::ready; });
  }

  const RunOptions& m_options;
  Clock& m_clock;
  Random& m_random;
  Log& m_log;
  PluginRegistry m_registry;
  HostConfig m_config;
  NamedLog m_layer_log;
  NamedLog m_ordering_log;
  NamedLog m_sandbox_log;
  PluginContext m_layer_context;
  PluginContext m_ordering_context;
  PluginContext m_sandbox_context;
  std::unique_ptr<ChannelLayer> m_layer;
  std::unique_ptr<OrderingPolicy> m_ordering;
  std::unique_ptr<SandboxBackend> m_sandboxes;
  std::unique_ptr<Store> m_store;
  LoopThreads m_loops;
  std::unique_ptr<ThreadPool> m_pool;
  std::vector<std::unique_ptr<WorkerLane>> m_lanes;
  std::unique_ptr<Gateway> m_gateway;
  std::string m_gateway_address;
  std::uint16_t m_port = 0;
};

}  // namespace

int run_server(const RunOptions& options) {
  const sigset_t signals = block_signals();
  SystemClock clock;
  SystemRandom random;
  StderrLog log(clock);
  Server server(options, clock, random, log);
  server.announce();
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) break;
    server.reload();
  }
  log.info("stopping");
  return 0;
}

}  // namespace tellina
