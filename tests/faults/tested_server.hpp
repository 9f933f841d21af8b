#pragma once

/// The system under test: a study in a temporary folder, the real server, and the servers that it needs.

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backends/backends.hpp"
#include "faults/faulty_network.hpp"
#include "faults/set_up.hpp"
#include "support/server_process.hpp"
#include "support/small_disk.hpp"
#include "support/study_database.hpp"

namespace tellina::faults {

/// Starts and stops the server, keeps its port, and lists its leftovers at the end.
///
/// Threads: the one that created it; endpoint() and enter_network(): any.
class TestedServer {
 public:
  explicit TestedServer(const SetUp& set_up);
  TestedServer(const TestedServer&) = delete;
  TestedServer& operator=(const TestedServer&) = delete;

  /// Returns when it listens. Throws std::runtime_error.
  void start();
  /// Stops it in an orderly way. Returns false if it did not end with status 0 within `limit`.
  bool stop(Milliseconds limit);
  void kill();
  bool is_running() const { return m_server.has_value(); }
  /// If the server has ended although nobody ended it, returns its output.
  std::optional<std::string> unexpected_end();
  testing::ServerProcess& process() { return *m_server; }
  /// The server and the gateways and workers that it has started; empty while it does not run.
  std::vector<pid_t> processes() const;
  std::vector<pid_t> role_processes(const std::string& role) const;

  client::Endpoint endpoint() const { return client::Endpoint(m_host, m_port); }
  /// Moves the calling thread into the clients' network namespace.
  void enter_network() const;

  const std::vector<std::string>& access_codes() const { return m_access_codes; }
  /// Writes the configuration with another access code.
  void extend_config();
  const std::filesystem::path& folder() const { return m_folder.path(); }
  std::filesystem::path database_file() const;
  testing::StudyDatabase database() const { return testing::StudyDatabase(database_file()); }
  testing::RedisServer& redis() { return m_backends->redis(); }
  const testing::SmallDisk& disk() const { return *m_disk; }
  FaultyNetwork& network() { return *m_network; }
  /// Sets the difference of the server's wall clock from the machine's, in seconds.
  void set_clock(std::int64_t seconds);

  /// The first processes of the sandboxes that run now.
  std::vector<testing::ProcessMark> sandboxes() const;
  /// What is left of the server on the machine after its end: processes, mounts, control groups, containers, files.
  std::vector<std::string> leftovers() const;
  /// The log of all servers so far.
  std::string log() const;

 private:
  void write_config() const;
  std::set<std::string> control_groups() const;
  void remember_processes();

  const SetUp m_set_up;
  TemporaryFolder m_folder{"faults"};
  std::vector<std::string> m_access_codes;
  int m_further_codes = 0;
  std::optional<testing::SmallDisk> m_disk;
  std::optional<FaultyNetwork> m_network;
  std::optional<testing::Backends> m_backends;
  std::string m_host = "127.0.0.1";
  std::atomic<std::uint16_t> m_port{0};
  std::optional<testing::ServerProcess> m_server;
  std::string m_log;  ///< of servers that have ended
  std::set<testing::ProcessMark> m_processes;
  std::set<std::string> m_control_groups_before;
};

}  // namespace tellina::faults
