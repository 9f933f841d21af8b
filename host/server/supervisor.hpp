#pragma once

/// `tellina run` over a channel layer that processes share: starts a gateway and workers, and restarts one that dies.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "host/runtime/assertion.hpp"
#include "host/server/run_server.hpp"
#include "host/server/signals.hpp"
#include "tellina/clock.hpp"
#include "tellina/log.hpp"

namespace tellina {

/// Threads: one, the thread that created the Signals.
class Supervisor {
 public:
  Supervisor(const RunOptions& options, std::size_t workers, const Signals& signals, const Clock& clock, Log& log);
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  /// Kills the remaining processes.
  ~Supervisor();

  /// Returns the gateway's port once all processes are ready, or nothing after SIGINT or SIGTERM. Throws
  /// Error(unavailable) if a process ends instead (it logs the reason itself) or takes longer than 30 s.
  std::optional<std::uint16_t> start();

  /// Runs until SIGINT or SIGTERM and then returns true, or until one process has ended too often while no other worker
  /// runs and then returns false. `reload` runs after a SIGHUP; if it returns true, the workers read the configuration
  /// again.
  bool supervise(const std::function<bool()>& reload);

  /// Asks all processes to end and waits for at most 4.5 s.
  void stop();

 private:
  friend class InvariantScope<Supervisor>;

  /// One process, including its restarts.
  class Child {
   public:
    Child(std::string name_, const char* role_, std::size_t number_)
        : name(std::move(name_)), role(role_), number(number_) {}
    std::string name;
    const char* role;
    std::size_t number;  ///< of a worker, from 0
    pid_t process = -1;  ///< -1 while none runs
    int socket = -1;     ///< see SupervisorLink
    bool is_ready = false;
    int missed_heartbeats = 0;  ///< in a row
    int failed_starts = 0;      ///< in a row
    MonotonicTime started{};
    std::optional<MonotonicTime> restart_at{};
  };

  void spawn(Child& child);
  std::vector<std::string> arguments_of(const Child& child) const;
  /// Waits for an event, handles its processes, and returns the signals that arrived.
  std::vector<int> wait();
  void read_sockets();
  void forward_signal(int signal, std::string_view role) const;
  void reap();
  void on_end(Child& child, int status);
  void restart_due();
  /// Whether a worker other than `child` is ready, so that a stop of the server would end its sessions.
  bool another_worker_runs(const Child& child) const;
  /// Kills each process that has missed too many heartbeats or has not started in time. Checks once per heartbeat.
  void kill_silent_processes();
  void forget_process(Child& child);
  void check_invariant() const;

  const RunOptions& m_options;
  const Signals& m_signals;
  const Clock& m_clock;
  Log& m_log;
  std::vector<Child> m_children;
  std::optional<std::uint16_t> m_port;
  MonotonicTime m_next_check{};
  bool m_starting = true;
  bool m_stopping = false;
  bool m_given_up = false;
};

}  // namespace tellina
