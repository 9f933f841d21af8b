#pragma once

/// The role that owns sessions: the store, the sandboxes, and one lane on each loop.

#include <memory>
#include <vector>

#include "host/runtime/blocking_pool.hpp"
#include "host/selftest/self_test_worker.hpp"
#include "host/server/loop_threads.hpp"
#include "host/server/parts.hpp"
#include "host/store/store.hpp"
#include "host/worker/sweeper.hpp"
#include "host/worker/worker_lane.hpp"

namespace tellina {

/// Makes the file's tasks and access codes the study's. Throws ConfigError for changes that must not be.
void apply_study(Store& store, const HostConfig& config, const Clock& clock);

/// Threads: one that is none of the loops'. Lifetime: the loops run from before the constructor until after stop().
class WorkerRole {
 public:
  /// Puts away what dead workers left, as far as the sandboxes let it, and takes messages when it returns.
  /// `says_limits`: see report_limits().
  WorkerRole(const ServerParts& parts, LoopThreads& loops, bool says_limits);
  WorkerRole(const WorkerRole&) = delete;
  WorkerRole& operator=(const WorkerRole&) = delete;
  /// stop() must have succeeded, or the constructor thrown.
  ~WorkerRole();

  /// Takes over access codes and tasks from the file; what is wrong is logged, and the study continues as it was.
  void reload();
  /// Ends all sessions in order. False where some do not end in time; then only the end of the process helps.
  bool stop();

 private:
  /// What could not be put away is left in it.
  std::unique_ptr<Sweeper> sweep();
  /// The first lane continues with what is `unswept`.
  void start_lanes(const Sweeper& unswept);
  void add_lane(SessionEnvironment environment, std::size_t loop, const Sweeper& unswept);
  void drop_lanes();
  AsioLoop& loop_of(std::size_t lane) { return m_loops[lane % m_loops.size()]; }

  const ServerParts& m_parts;
  LoopThreads& m_loops;
  PluginInstance<OrderingPolicy> m_ordering;
  PluginInstance<SandboxBackend> m_sandboxes;
  std::unique_ptr<Store> m_store;
  std::unique_ptr<SelfTestWorker> m_self_test;  ///< in test mode
  std::unique_ptr<ThreadPool> m_pool;
  std::vector<std::unique_ptr<WorkerLane>>
      m_lanes;  ///< one on each loop; in test mode as many again, in the same order
};

}  // namespace tellina
