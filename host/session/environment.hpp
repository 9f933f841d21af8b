#pragma once

#include <functional>
#include <memory>
#include <string>

#include "host/runtime/blocking_pool.hpp"
#include "host/runtime/loop.hpp"
#include "host/session/statistics.hpp"
#include "host/store/store.hpp"
#include "host/study/task.hpp"
#include "host/wire/protocol.hpp"
#include "tellina/clock.hpp"
#include "tellina/log.hpp"
#include "tellina/sandbox.hpp"

namespace tellina {

/// What the sessions of one loop share. Lent by the worker for longer than any session lives.
class SessionEnvironment {
 public:
  SessionEnvironment(Loop& loop_, BlockingPool& pool_, Store& store_, SandboxBackend& sandboxes_, Random& random_,
                     Log& log_)
      : loop(loop_), pool(pool_), store(store_), sandboxes(sandboxes_), random(random_), log(log_) {}

  Loop& loop;
  BlockingPool& pool;
  Store& store;
  SandboxBackend& sandboxes;
  Random& random;
  Log& log;

  std::string worker;                  ///< id of the owner of the sandboxes and the leases
  std::string sandbox_plugin;          ///< its name, for messages
  bool works_ahead = false;            ///< a sandbox is made for a task before it is started
  bool keeps_bytes = true;             ///< whether the record holds what goes through the terminals
  std::shared_ptr<const Study> study;  ///< replaced at a reload; a running task keeps what it started with
  /// For /metrics: the number by which this worker is called, and what its process is called where it is this lane that
  /// tells of the process and the store, which several lanes may share.
  unsigned number = 0;
  std::string process;
  std::shared_ptr<SessionStatistics> statistics = std::make_shared<SessionStatistics>();
  std::string channel_prefix;  ///< in front of the names of all channels
  /// In test mode: carries out a step of the self-test for the gateway, on the loop; else empty.
  std::function<void(Loop&, const std::string& step, std::function<void(Bytes)> reply)> self_test;
  /// When the leases lapse unless they are renewed. From then on another worker may have taken the sessions over,
  /// shells and all: no terminal is read or written.
  MonotonicTime leases_until = MonotonicTime::max();

  bool holds_leases() const { return loop.clock().now() < leases_until; }
};

/// In the ids of workers that the self-test has beside the study's.
inline constexpr const char* test_worker_mark = "-test-";

}  // namespace tellina
