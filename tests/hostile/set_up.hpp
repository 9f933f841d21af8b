#pragma once

/// The servers that are attacked.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "backends/backends.hpp"
#include "support/server_process.hpp"

namespace tellina::hostile {

enum class Place : char {
  chroot_as_root = 'C',
  chroot_as_user = 'U',  ///< as `make run` and the package
  docker = 'D',
};

/// A real server with a study of one task, in a folder of its own. Needs root, also to become an ordinary user.
///
/// Threads: one.
class SetUp {
 public:
  SetUp(Place place, const std::string& layer);
  SetUp(const SetUp&) = delete;
  SetUp& operator=(const SetUp&) = delete;

  Place place() const { return m_place; }
  std::string name() const { return std::string(1, static_cast<char>(m_place)) + ", " + m_layer; }
  std::uint16_t port() const { return m_server->port(); }
  testing::ServerProcess& server() { return *m_server; }
  std::filesystem::path database_file() const { return m_folder.path() / "db.sqlite3"; }
  /// Processes in all sandboxes, except for each one's first.
  std::size_t sandbox_processes() const;

 private:
  const Place m_place;
  const std::string m_layer;
  TemporaryFolder m_folder{"hostile"};
  std::optional<testing::Backends> m_backends;
  std::optional<testing::ServerProcess> m_server;
};

}  // namespace tellina::hostile
