#pragma once

/// The servers that are attacked.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "backends/backends.hpp"
#include "hostile/host_view.hpp"
#include "support/server_process.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::hostile {

enum class Place : char {
  chroot_as_root = 'C',
  chroot_as_user = 'U',  ///< as `make run` and the package, but without subordinate users and delegated groups
  docker = 'D',
  /// Shells of an ordinary user without a sandbox, to check that attacks are noticed.
  unconfined = 'P',
};

/// A control group that represents a machine with little memory and few processes. The sandboxes of the server in it
/// have no separate groups.
class SmallMachine {
 public:
  /// Needs root. Throws std::runtime_error.
  SmallMachine();
  SmallMachine(const SmallMachine&) = delete;
  SmallMachine& operator=(const SmallMachine&) = delete;
  /// Destroy it after its processes have ended.
  ~SmallMachine();
  /// Removes the groups of programs that have ended without removing them.
  static void remove_abandoned();
  /// A line for a shell script, which moves the script into the group.
  std::string join() const;

 private:
  std::vector<std::filesystem::path> m_folders;
};

/// A real server with a study, in a temporary folder. Needs root, also to run as an ordinary user.
///
/// Threads: one at a time may call the const functions.
class SetUp {
 public:
  SetUp(Place place, const std::string& layer);
  SetUp(const SetUp&) = delete;
  SetUp& operator=(const SetUp&) = delete;

  Place place() const { return m_place; }
  const std::string& layer() const { return m_layer; }
  std::uint16_t port() const { return m_server->port(); }
  testing::ServerProcess& server() { return *m_server; }
  const std::filesystem::path& folder() const { return m_folder.path(); }
  std::filesystem::path database_file() const { return m_folder.path() / "db.sqlite3"; }
  testing::StudyDatabase database() const { return testing::StudyDatabase(database_file()); }
  /// Only the server knows it: a part of an answer, and of the server's environment.
  const std::string& secret() const { return m_secret; }
  /// Targets to which no program in a sandbox can connect: a TCP port of every address, and the name of a local socket.
  std::uint16_t forbidden_port() const { return m_forbidden_port; }
  const std::string& forbidden_name() const { return m_forbidden_name; }

  /// Call it while only the victim's shell runs: its user becomes "another participant".
  void note_victim();
  uid_t server_user() const;
  /// The users to whom an attacker must leave the resources that the kernel counts per user.
  std::vector<uid_t> other_users() const;

  /// The sandboxes of all participants; prewarmed sandboxes have no processes.
  std::vector<SandboxView> sandboxes() const;
  /// The number of processes in all sandboxes, without the first process of each.
  std::size_t sandbox_processes() const;
  std::vector<pid_t> server_processes() const;
  /// Processor time of the server and of the launchers that run now.
  double server_seconds() const;
  /// How many connections have reached these targets.
  int visits() const;

 private:
  std::set<pid_t> candidates() const;

  const Place m_place;
  const std::string m_layer;
  const std::string m_secret;
  const std::string m_forbidden_name;
  TemporaryFolder m_folder{"hostile"};
  Descriptor m_listener;
  Descriptor m_local_listener;
  std::uint16_t m_forbidden_port = 0;
  mutable int m_visits = 0;
  uid_t m_victim = 0;
  std::optional<testing::Backends> m_backends;
  std::optional<SmallMachine> m_machine;
  std::optional<testing::ServerProcess> m_server;
};

}  // namespace tellina::hostile
