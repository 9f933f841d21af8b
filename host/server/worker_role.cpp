#include "host/server/worker_role.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "host/config/json_writer.hpp"
#include "host/limits.hpp"
#include "host/plugins/search_path.hpp"
#include "host/runtime/assertion.hpp"
#include "host/runtime/log_event.hpp"
#include "host/server/running_environment.hpp"
#include "host/server/shell_files.hpp"
#include "host/store/process_identity.hpp"

namespace tellina {
namespace {

std::vector<ParticipantSummary> list_participants(Store& store) {
  std::vector<ParticipantSummary> participants;
  store.run([&](StoreTransaction& transaction) { participants = transaction.list_participants(0); });
  return participants;
}

}  // namespace

void apply_study(Store& store, const HostConfig& config, const Clock& clock) {
  store.run([&](StoreTransaction& transaction) {
    const Timestamp now(clock);
    transaction.sync_tasks(*config.study, config.file, now);
    transaction.sync_access_codes(config.access_codes, now);
  });
}

void report_tasks_without_access(Store& store, Log& log) {
  for (const ParticipantSummary& participant : list_participants(store)) {
    if (participant.can_log_in || participant.state != "running") continue;
    log.warning("task " + std::to_string(participant.task) + " of " + participant_label(participant.id) +
                " continues until its time is up, although the access code was removed and nobody can log in; "
                "`tellina participants reset CODE` ends it now");
  }
}

WorkerRole::WorkerRole(const ServerParts& parts, LoopThreads& loops, bool is_supervised)
    : m_parts(parts),
      m_loops(loops),
      m_is_supervised(is_supervised),
      m_name(random_token(parts.system.random, 4)),
      m_ordering(parts.make_ordering()),
      m_sandboxes(parts.make_sandboxes()),
      m_store(Store::open(parts.config.database, parts.system.clock, parts.system.log, parts.config.durability,
                          is_supervised ? Opening::existing : Opening::create)),
      m_backend_facts(std::make_shared<BackendFacts>(parts.config.sandbox.name, *m_sandboxes)),
      m_shell_files(std::make_shared<const std::map<std::string, Bytes>>(read_shell_files())),
      m_pool(std::make_unique<ThreadPool>(limits::blocking_threads, limits::start_threads)) {
  apply_study(*m_store, parts.config, parts.system.clock);
  if (!is_supervised) {
    m_found = report_limits(parts.config.sandbox.name, *m_sandboxes, parts.system.log);
    require_checkers(parts.config.sandbox.name, m_found, *parts.config.study);
    m_backend_facts->use(m_found);
    report_tasks_without_access(*m_store, parts.system.log);
  }
  m_environment = environment_of(parts.config);
  try {
    start_lanes(*sweep());
    m_former_backends = std::make_unique<FormerBackends>(parts, *m_store, worker_name(0), backend());
    m_pool->submit(BlockingPool::Use::start, [this] { learn_start_deadline(); });
  } catch (...) {
    drop_lanes();
    throw;
  }
}

WorkerRole::~WorkerRole() { drop_lanes(); }

void WorkerRole::drop_lanes() {
  m_former_backends.reset();
  // The pool's last tasks may still use the lanes.
  m_pool.reset();
  for (std::size_t i = 0; i < m_lanes.size(); ++i) {
    run_on(loop_of(i), [&] { m_lanes[i].reset(); });
  }
}

EnvironmentId WorkerRole::environment_of(const HostConfig& config) {
  const EnvironmentRecord record = describe_environment(m_parts, config, m_found);
  EnvironmentId id = no_environment;
  m_store->run([&](StoreTransaction& transaction) {
    const Timestamp now(m_parts.system.clock);
    // The supervisor has recorded it, with what the sandbox said about itself.
    const auto known = m_is_supervised ? transaction.find_environment(record) : std::nullopt;
    id = known ? *known : transaction.record_environment(record, now);
  });
  return id;
}

std::unique_ptr<Sweeper> WorkerRole::sweep() {
  auto sweeper = std::make_unique<Sweeper>(*m_sandboxes, m_parts.config.sandbox.name, m_parts.system.log);
  std::vector<SandboxId> in_use;
  const std::string first_worker = worker_name(0);
  m_store->run([&](StoreTransaction& transaction) {
    register_worker(transaction, first_worker);
    transaction.retire_dead_workers(Timestamp(m_parts.system.clock));
    sweeper->add(transaction.claim_sweeps(first_worker, backend()));
    in_use = transaction.find_sandboxes_in_use();
  });
  sweeper->run(sweeper->due(), in_use);
  return sweeper;
}

SandboxBackendChoice WorkerRole::backend() const {
  SandboxBackendChoice choice;
  choice.plugin = m_parts.config.sandbox.name;
  choice.settings = canonical_json(m_parts.config.sandbox.section);
  return choice;
}

void WorkerRole::learn_start_deadline() {
  if (m_backend_facts->start_deadline() > limits::quick_start) m_pool->allow_starts(limits::slow_start_threads);
}

std::string WorkerRole::worker_name(std::size_t lane) const { return m_name + "-" + std::to_string(lane); }

void WorkerRole::register_worker(StoreTransaction& transaction, const std::string& worker) const {
  transaction.register_worker(identify_this_process(worker), Timestamp(m_parts.system.clock), backend());
}

void WorkerRole::start_lanes(const Sweeper& unswept) {
  const bool is_alone = m_parts.options.role == ServerRole::all;
  const unsigned first_number = m_parts.options.number.value_or(is_alone ? 0 : static_cast<unsigned>(getpid()));
  const auto sandbox_limit = std::make_shared<SandboxLimit>(m_parts.sandboxes());
  const auto fault_log = std::make_shared<LimitedLog>(m_parts.system.log, limits::fault_log_interval);
  for (std::size_t i = 0; i < m_loops.size(); ++i) {
    SessionEnvironment environment(m_loops[i], *m_pool, *m_store, *m_sandboxes, m_parts.system.random,
                                   m_parts.system.log);
    environment.worker = worker_name(i);
    environment.number = first_number + static_cast<unsigned>(i);
    if (i == 0) environment.process = is_alone ? "server" : "worker-" + std::to_string(first_number);
    const SandboxBackendChoice sandbox = backend();
    environment.sandbox_plugin = sandbox.plugin;
    environment.sandbox_settings = sandbox.settings;
    if (i == 0) environment.plugin_figures = &m_parts.system.figures;
    environment.sandbox_limit = sandbox_limit;
    environment.backend_facts = m_backend_facts;
    environment.shell_files = m_shell_files;
    environment.fault_log = fault_log;
    environment.prewarms_sandboxes = m_parts.config.sandbox_pool > 0;
    environment.keeps_bytes = m_parts.config.keeps_bytes;
    environment.state_content = m_parts.config.state_content;
    if (m_parts.config.records_states) {
      environment.contents = std::make_shared<ContentQueue>(m_loops[i], *m_store, fault_log);
    }
    environment.masks_secrets = m_parts.config.masks_secrets;
    environment.study = m_parts.config.study;
    environment.environment_id = m_environment;
    if (m_parts.options.test_mode) {
      if (!m_self_test) m_self_test = std::make_unique<SelfTestWorker>(environment);
      environment.self_test = m_self_test->handler();
    }
    add_lane(environment, i, unswept);
  }
  for (std::size_t i = 0; m_self_test && i < m_loops.size(); ++i) {
    add_lane(m_self_test->make_environment(m_loops[i], m_name + test_worker_mark + std::to_string(i)), i, unswept);
  }
}

void WorkerRole::add_lane(SessionEnvironment environment, std::size_t loop, const Sweeper& unswept) {
  const auto register_lane = [&](StoreTransaction& transaction) { register_worker(transaction, environment.worker); };
  // The study's store also registers the self-test's lanes; see SelfTestWorker.
  if (&environment.store != m_store.get()) m_store->run(register_lane);
  environment.store.run(register_lane);
  TELLINA_ASSERT_PROCESS(m_lanes.size() % m_loops.size() == loop);
  m_lanes.push_back(
      std::make_unique<WorkerLane>(std::move(environment), *m_parts.layer, *m_ordering, loop, m_loops.size()));
  if (m_lanes.size() == 1) m_lanes.back()->take_over(unswept);
  run_on(m_loops[loop], [&] { m_lanes.back()->start(); });
}

void WorkerRole::reload() {
  TELLINA_ASSERT_PROCESS(m_lanes.size() == m_loops.size() || m_self_test);
  const std::string& file = m_parts.options.config;
  try {
    const HostConfig config = load_served_config(m_parts.options, m_parts.registry);
    apply_study(*m_store, config, m_parts.system.clock);
    const EnvironmentId environment = environment_of(config);
    std::vector<ParticipantId> without_access;
    for (const ParticipantSummary& participant : list_participants(*m_store)) {
      if (!participant.can_log_in) without_access.push_back(participant.id);
    }
    for (std::size_t i = 0; i < m_loops.size(); ++i) {
      run_on(m_loops[i], [&] {
        m_lanes[i]->use_study(config.study, environment);
        for (const ParticipantId participant : without_access) m_lanes[i]->lose_access(participant);
      });
    }
    if (!m_is_supervised) report_tasks_without_access(*m_store, m_parts.system.log);
    m_parts.system.log.info(file + " was reloaded: its access codes and tasks now apply");
  } catch (const std::exception& error) {
    m_parts.system.log.error(std::string("the new configuration was not applied:\n") + error.what());
  }
}

bool WorkerRole::stop() {
  TELLINA_ASSERT_PROCESS(m_lanes.size() >= m_loops.size());
  std::vector<std::future<void>> stopped;
  for (std::size_t i = 0; i < m_lanes.size(); ++i) {
    auto done = std::make_shared<std::promise<void>>();
    stopped.push_back(done->get_future());
    loop_of(i).post([&lane = *m_lanes[i], done] { lane.stop([done] { done->set_value(); }); });
  }
  const Clock& clock = m_parts.system.clock;
  const MonotonicTime deadline = clock.now() + limits::lanes_stop;
  return std::all_of(stopped.begin(), stopped.end(), [&](std::future<void>& lane) {
    return lane.wait_for(deadline - clock.now()) == std::future_status::ready;
  });
}

}  // namespace tellina
