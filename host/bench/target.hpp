#pragma once

/// What is measured: a server of this program, or the floor, a minimal program to compare with.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/bench/time.hpp"
#include "host/client/child_process.hpp"
#include "host/client/http.hpp"
#include "host/options/bench_options.hpp"
#include "host/runtime/files.hpp"

namespace tellina::bench {

enum class Protocol {
  tellina,  ///< docs/protocol.md
  bare      ///< binary messages carry raw input and output, and each connection has a shell from the start
};

class Target {
 public:
  Target(std::string name, Protocol protocol, client::Endpoint endpoint);
  /// Starts `program` as a server with a study for as many participants as there are sessions.
  static Target start_server(const std::string& name, const BenchOptions& options);
  static Target start_floor(const BenchOptions& options);
  /// A server that already runs; its processes are unknown.
  static Target running_server(const BenchOptions& options);

  const std::string& name() const { return m_name; }
  Protocol protocol() const { return m_protocol; }
  const client::Endpoint& endpoint() const { return m_endpoint; }
  /// One for each session.
  const std::vector<std::string>& access_codes() const { return m_access_codes; }

  /// Finds the server's processes; call it when they may have changed.
  void find_processes();
  /// Nothing if the processes are unknown.
  std::optional<std::chrono::nanoseconds> processor_time() const;
  std::optional<std::uint64_t> resident_bytes() const;
  /// Throws BenchFailure if a process that this target started has ended.
  void check_alive();

 private:
  std::string m_name;
  Protocol m_protocol;
  client::Endpoint m_endpoint;
  std::vector<std::string> m_access_codes;
  std::unique_ptr<TemporaryFolder> m_folder;
  std::unique_ptr<client::ChildProcess> m_helper;  ///< Redis; outlives the server
  std::unique_ptr<client::ChildProcess> m_child;
  std::vector<pid_t> m_processes;
};

}  // namespace tellina::bench
