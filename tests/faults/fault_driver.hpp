#pragma once

/// Injects faults, and undoes each after a while.

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "faults/fault_log.hpp"
#include "faults/participant.hpp"
#include "faults/tested_server.hpp"

namespace tellina::faults {

/// The seed decides which faults come when and for how long. What they do to which process depends on what runs.
///
/// Threads: one, the server's.
class FaultDriver {
 public:
  using Clock = std::chrono::steady_clock;

  FaultDriver(const SetUp& set_up, TestedServer& server, FaultLog& fault_log,
              const std::vector<std::unique_ptr<Participant>>& participants);

  /// Injects faults until `end`, then undoes all of them.
  void run(Clock::time_point end);
  int injected() const { return m_injected; }
  /// Describes the ends of the server that no fault explains.
  const std::vector<std::string>& findings() const { return m_findings; }

 private:
  /// Undoes a fault.
  using Heal = std::function<void()>;
  struct Active {
    FaultKind kind;
    Clock::time_point until;
    Heal heal;
  };

  void heal_due(Clock::time_point now);
  void begin_fault(Clock::time_point now);
  bool is_active(FaultKind kind) const;
  /// Takes back what is active of these kinds, before its time.
  void heal_early(std::span<const FaultKind> kinds);
  /// Starts the server, after everything that would prevent it is taken back.
  void start_server();
  void watch_server();

  Heal inject(FaultKind kind, Milliseconds lasts);
  Heal take_down(FaultKind kind);
  Heal stop_processes(const std::vector<pid_t>& processes);
  Heal stop_role_process(const std::string& role);
  Heal kill_role_processes(const std::string& role, bool all, int signal);
  Heal break_sandbox();
  Heal hold_lock();
  Heal hide_database();
  Heal fail_disk();
  Heal take_descriptors();
  Heal trouble_clients(Participant::Behaviour behaviour);
  void note(Harm harm, const std::string& text);

  const SetUp& m_set_up;
  TestedServer& m_server;
  FaultLog& m_fault_log;
  const std::vector<std::unique_ptr<Participant>>& m_participants;
  RandomNumbers m_random;
  std::vector<Active> m_active;
  int m_injected = 0;
  std::vector<std::string> m_findings;
};

}  // namespace tellina::faults
