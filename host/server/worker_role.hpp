#pragma once

/// The worker role: the store, the sandboxes, and one lane on each loop.

#include <memory>
#include <string>
#include <vector>

#include "host/runtime/blocking_pool.hpp"
#include "host/selftest/self_test_worker.hpp"
#include "host/server/former_backends.hpp"
#include "host/server/loop_threads.hpp"
#include "host/server/parts.hpp"
#include "host/store/store.hpp"
#include "host/worker/sweeper.hpp"
#include "host/worker/worker_lane.hpp"

namespace tellina {

/// Writes the file's tasks and access codes to the study's store. Throws ConfigError for changes that are not allowed.
void apply_study(Store& store, const HostConfig& config, const Clock& clock);
/// Logs which tasks continue although their participants may no longer log in.
void report_tasks_without_access(Store& store, Log& log);

/// Threads: one thread that runs none of the loops. Lifetime: the loops run from before the constructor until after
/// stop().
class WorkerRole {
 public:
  /// Removes the sandboxes of dead workers as far as the backend allows. Accepts messages when it returns.
  /// `is_supervised`: a supervisor has created the database and reported the limits; otherwise the worker does both.
  /// Throws StoreError, among others.
  WorkerRole(const ServerParts& parts, LoopThreads& loops, bool is_supervised);
  WorkerRole(const WorkerRole&) = delete;
  WorkerRole& operator=(const WorkerRole&) = delete;
  /// stop() must have succeeded, unless the constructor threw.
  ~WorkerRole();

  /// Applies access codes and tasks from the file. If they are invalid, logs the errors and keeps the old ones.
  void reload();
  /// Ends all sessions in an orderly way. Returns false if some do not end in time; then the process has to end.
  bool stop();

 private:
  /// What the record has, or gets, about the sessions that use this configuration.
  EnvironmentId environment_of(const HostConfig& config);
  /// Returns the sweeper with the workers that could not be swept.
  std::unique_ptr<Sweeper> sweep();
  SandboxBackendChoice backend() const;
  std::string worker_name(std::size_t lane) const;
  void register_worker(StoreTransaction& transaction, const std::string& worker) const;
  /// Finds out how long starts may take here, and lets more of them run at a time if they may take long.
  void learn_start_deadline();
  /// The first lane continues to sweep `unswept`.
  void start_lanes(const Sweeper& unswept);
  void add_lane(SessionEnvironment environment, std::size_t loop, const Sweeper& unswept);
  void drop_lanes();
  AsioLoop& loop_of(std::size_t lane) { return m_loops[lane % m_loops.size()]; }

  const ServerParts& m_parts;
  LoopThreads& m_loops;
  const bool m_is_supervised;
  const std::string m_name;  ///< begins the names of this process's workers
  PluginInstance<OrderingPolicy> m_ordering;
  PluginInstance<SandboxBackend> m_sandboxes;
  std::unique_ptr<Store> m_store;
  std::unique_ptr<FormerBackends> m_former_backends;
  std::unique_ptr<SelfTestWorker> m_self_test;  ///< in test mode
  Capabilities m_found;                         ///< unless a supervisor has asked for it
  EnvironmentId m_environment = no_environment;
  const std::shared_ptr<BackendFacts> m_backend_facts;
  const std::shared_ptr<const std::map<std::string, Bytes>> m_shell_files;
  std::unique_ptr<ThreadPool> m_pool;
  std::vector<std::unique_ptr<WorkerLane>>
      m_lanes;  ///< one on each loop; in test mode twice as many, the second half in the same order
};

}  // namespace tellina
