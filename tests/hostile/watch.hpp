#pragma once

/// The rules that must hold on the machine during an attack.

#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "hostile/set_up.hpp"

namespace tellina::hostile {

/// Checks every sandbox, the server and the machine ten times a second. The attacker's output does not matter, except
/// that it must not contain a secret.
///
/// Threads: one at a time.
class Watch {
 public:
  explicit Watch(const SetUp& set_up);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();

  /// Checks a last time and ends. Returns a sentence for each broken rule.
  std::set<std::string> end();

  // After end():
  /// The highest number of processes that one sandbox had at a time, without its first.
  std::size_t most_processes() const { return m_most_processes; }
  /// Processor time of the server's own processes, in cores.
  double server_cores() const { return m_server_cores; }
  /// How much the record grew, in bytes.
  std::uint64_t growth() const { return m_growth; }

 private:
  void run();
  void look();
  void look_at(const SandboxView& sandbox);
  void look_at(const ProcessView& process, const ProcessView& reference);
  void look_at_files(const std::string& process);
  void look_at_machine();
  void require(bool holds, const std::string& otherwise);

  const SetUp& m_set_up;
  const std::string m_machine;                  ///< names and settings of the machine at the start
  const std::vector<pid_t> m_server_processes;  ///< at the beginning
  const double m_server_seconds;
  const std::uint64_t m_size;
  const double m_began;
  const double m_clock_difference;  ///< between wall clock and the time since the machine started, in seconds
  std::set<std::string> m_wrong;
  std::size_t m_most_processes = 0;
  double m_server_cores = 0;
  std::uint64_t m_growth = 0;
  std::atomic<bool> m_is_running{true};
  std::thread m_thread;
};

}  // namespace tellina::hostile
