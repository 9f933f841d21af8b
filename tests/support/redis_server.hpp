#pragma once

/// A real Redis server for one test.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/server_process.hpp"

namespace tellina::testing {

class RedisOptions {
 public:
  RedisOptions() = default;

  std::string password = "of-the-tests";  ///< empty: no password
  bool keeps_data = false;                ///< writes every command to its disk, so that start() restores the data
  bool has_tls = false;                   ///< also listens with TLS, see tls_port()
  std::vector<std::string> more;          ///< arguments of redis-server
};

/// redis-server on a free port of 127.0.0.1 and on a unix socket, in a temporary folder; it ends with the object.
///
/// Threads: one.
class RedisServer {
 public:
  /// Returns when it answers. Throws std::runtime_error with its output if it does not within 10 s.
  explicit RedisServer(RedisOptions options = RedisOptions());
  ~RedisServer();

  std::uint16_t port() const { return m_port; }
  /// For TLS, with certificate_file(), a self-signed certificate of "localhost" and 127.0.0.1.
  std::uint16_t tls_port() const { return m_tls_port; }
  std::string certificate_file() const { return (m_folder.path() / "redis.pem").string(); }
  std::string socket_path() const { return (m_folder.path() / "redis.sock").string(); }
  std::string log_file() const { return (m_folder.path() / "redis.log").string(); }
  /// With the password, if there is one.
  std::string url(int database = 0) const;

  /// Kills it (SIGKILL).
  void kill();
  /// Starts it again on the same port: empty, or with its data if it `keeps_data`. Returns when it answers.
  void start();
  /// Stops it in an orderly way (SIGTERM).
  void stop();
  /// It hangs from pause() to resume(): connections stay open, but it does not answer.
  void pause();
  void resume();

  /// Runs one command on a new connection and returns the reply as text (a list has one item per line; "(nil)" for
  /// nothing). Throws std::runtime_error without a reply within 5 s. Returns an error reply as text.
  std::string command(const std::vector<std::string>& words, int database = 0) const;

  /// How often a command has run since the start, from INFO commandstats; `name` in lower case.
  std::uint64_t calls_of(const std::string& name) const;

 private:
  void run();

  const RedisOptions m_options;
  const TemporaryFolder m_folder;
  std::uint16_t m_port = 0;
  std::uint16_t m_tls_port = 0;
  std::unique_ptr<ChildProcess> m_child;
};

}  // namespace tellina::testing
