#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "host/runtime/blocking_pool.hpp"
#include "host/runtime/histogram.hpp"
#include "host/runtime/limited_log.hpp"
#include "host/runtime/loop.hpp"
#include "host/runtime/plugin_figures.hpp"
#include "host/session/backend_facts.hpp"
#include "host/session/content_queue.hpp"
#include "host/session/sandbox_limit.hpp"
#include "host/store/store.hpp"
#include "host/study/task.hpp"
#include "host/wire/protocol.hpp"
#include "tellina/clock.hpp"
#include "tellina/log.hpp"
#include "tellina/sandbox.hpp"

namespace tellina {

/// What the sessions of one loop count for /metrics.
///
/// Threads: the loop's.
class SessionStatistics {
 public:
  /// The time from the arrival of input at the session to the next output of its terminal. If input prints nothing, the
  /// time runs until other output.
  Histogram key_to_echo;
  Histogram sandbox_start;            ///< of successful starts
  std::int64_t sandbox_failures = 0;  ///< failed starts
  std::int64_t sandboxes_starting = 0;
  std::int64_t sandboxes_alive = 0;  ///< started, and removal has not begun
  std::int64_t sandboxes_ready = 0;  ///< of these: prewarmed and not yet used
  std::int64_t sandboxes_being_removed = 0;
};

/// What the sessions of one loop share. The worker owns it and keeps it longer than any session.
class SessionEnvironment {
 public:
  SessionEnvironment(Loop& loop_, BlockingPool& pool_, Store& store_, SandboxBackend& sandboxes_, Random& random_,
                     Log& log_)
      : loop(loop_),
        pool(pool_),
        store(store_),
        sandboxes(sandboxes_),
        random(random_),
        log(log_),
        fault_log(std::make_shared<LimitedLog>(log_, limits::fault_log_interval)) {}

  Loop& loop;
  BlockingPool& pool;
  Store& store;
  SandboxBackend& sandboxes;
  Random& random;
  Log& log;
  /// For what all sessions report at the same time while something is down. All loops of the process share it.
  std::shared_ptr<LimitedLog> fault_log;

  std::string worker;                             ///< id of the owner of the sandboxes and the leases
  std::string sandbox_plugin;                     ///< name of the backend
  std::string sandbox_settings;                   ///< its section of the configuration, as JSON
  const PluginFigures* plugin_figures = nullptr;  ///< of the process, if this lane reports on it
  std::shared_ptr<BackendFacts> backend_facts;    ///< null: a start has limits::quick_start
  /// For SandboxSpec::shell_files; null: none.
  std::shared_ptr<const std::map<std::string, Bytes>> shell_files;
  bool prewarms_sandboxes = false;  ///< creates the sandbox of a task before the task starts
  bool keeps_bytes = true;          ///< whether the record keeps the bytes of the terminals
  /// For the contents of files in the record; null: the states of homes are not recorded.
  std::shared_ptr<ContentQueue> contents;
  /// How many bytes of contents a task session may add to the record, besides those at its start.
  std::uint64_t state_content = std::uint64_t{64} * 1024 * 1024;
  std::shared_ptr<const Study> study;             ///< replaced at a reload; a running task keeps its old one
  bool masks_secrets = true;                      ///< whether the record hides what is typed as a secret
  EnvironmentId environment_id = no_environment;  ///< in the store, of task sessions that begin; replaced with `study`
  /// For /metrics: the number of this worker, and the name of its process if this lane reports on the process and the
  /// store. Several lanes may share these, and only one reports on them.
  unsigned number = 0;
  std::string process;
  std::shared_ptr<SessionStatistics> statistics = std::make_shared<SessionStatistics>();
  std::shared_ptr<SandboxLimit> sandbox_limit = std::make_shared<SandboxLimit>();  ///< of all loops of the process
  std::string channel_prefix;                                                      ///< prefix of all channel names
  /// In test mode: runs a step of the self-test for the gateway, on the loop. Otherwise empty.
  std::function<void(Loop&, const std::string& step, std::function<void(Bytes)> reply)> self_test;
  /// When the leases expire unless they are renewed. After that, another worker may have taken over the sessions with
  /// their shells, so this worker neither reads nor writes any terminal.
  MonotonicTime leases_until = MonotonicTime::max();

  bool holds_leases() const { return loop.clock().now() < leases_until; }
};

/// Part of the ids of the workers that the self-test uses besides the study's.
inline constexpr const char* test_worker_mark = "-test-";

}  // namespace tellina
