#pragma once

/// What must hold on the machine while somebody attacks.

#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "hostile/set_up.hpp"

namespace tellina::hostile {

/// Looks at every sandbox, at the server and at the machine, ten times a second. What an attacker prints decides
/// nothing, except that it must not contain a secret.
///
/// Threads: one calls the members.
class Watch {
 public:
  explicit Watch(const SetUp& set_up);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();

  /// Looks a last time and ends. Returns a sentence for each broken rule.
  std::set<std::string> end();

  // After end():
  /// The most processes that one sandbox had at a time, without its first.
  std::size_t most_processes() const { return m_most_processes; }
  /// Processor time of the server's own processes, in cores.
  double server_cores() const { return m_server_cores; }
  /// What the record grew by, in bytes.
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
  const std::string m_machine;                  ///< names and settings of the machine at the beginning
  const std::vector<pid_t> m_server_processes;  ///< at the beginning
  const double m_server_seconds;
  const std::uint64_t m_size;
  const double m_began;
  const double m_clock_difference;  ///< between wall clock and the time since the machine started, in seconds
  std::set<std::string> m_wrong;
  std::size_t m_most_processes = 0;
  double m_server_cores = 0;
  std::uint64_t m_growth = 0;
  std::atomic<bool> m_goes_on{true};
  std::thread m_thread;
};

}  // namespace tellina::hostile
