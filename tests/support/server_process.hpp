#pragma once

/// Runs the real program as a process in its own folder.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "host/runtime/files.hpp"

namespace tellina::testing {

/// A process number and its start time, because numbers are reused.
using ProcessMark = std::pair<pid_t, std::string>;

/// All descendants of a process.
std::set<ProcessMark> descendants(pid_t process);
/// Which of them still run (zombies do not).
std::set<ProcessMark> still_running(const std::set<ProcessMark>& processes);

class ChildProcess {
 public:
  /// Runs `program` in `folder`; output and errors go to files there, NAME.out and NAME.err.
  ChildProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments,
               const std::filesystem::path& folder, const std::string& name);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  /// Kills the process if it still runs.
  ~ChildProcess();

  pid_t process() const { return m_process; }
  void signal(int number) const;
  /// The exit status, or 128 + the signal that ended it; nothing if it still runs after `limit`.
  std::optional<int> wait(std::chrono::milliseconds limit);
  std::string output() const { return read_text(m_output); }
  std::string errors() const { return read_text(m_errors); }

 private:
  pid_t m_process = -1;
  std::optional<int> m_status;
  std::filesystem::path m_output;
  std::filesystem::path m_errors;
};

/// `tellina run` on a free port, or on the port in the options.
class ServerProcess {
 public:
  /// Returns when it listens. Throws std::runtime_error with its output if it does not within 30 s.
  ServerProcess(const std::filesystem::path& program, const std::filesystem::path& folder,
                const std::string& config = "config.json", const std::vector<std::string>& options = {});
  /// Ends it with SIGINT, so that it removes its sandboxes.
  ~ServerProcess();

  std::uint16_t port() const { return m_port; }
  pid_t process() const { return m_child.process(); }
  std::string errors() const { return m_child.errors(); }
  void signal(int number) const { m_child.signal(number); }
  std::optional<int> wait(std::chrono::milliseconds limit) { return m_child.wait(limit); }
  /// Kills it with SIGKILL and waits for its end.
  void kill();
  /// SIGKILL to workers and gateways, then to the supervisor.
  void kill_all_roles();
  /// Its processes with this role: "gateway" or "worker".
  std::vector<pid_t> role_processes(const std::string& role) const;
  /// Resident memory in KiB.
  std::size_t resident_kib() const;

 private:
  ChildProcess m_child;
  std::uint16_t m_port = 0;
};

}  // namespace tellina::testing
