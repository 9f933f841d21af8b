#pragma once

/// The real program, run as a process of its own in a folder of its own.

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

/// A process number and the time when it began: numbers are used again.
using ProcessMark = std::pair<pid_t, std::string>;

/// All descendants of a process.
std::set<ProcessMark> descendants(pid_t process);
/// Which of them still run (a zombie does not).
std::set<ProcessMark> still_running(const std::set<ProcessMark>& processes);

class ChildProcess {
 public:
  /// Runs `program` in `folder`; output and errors go to files there, NAME.out and NAME.err.
  ChildProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments,
               const std::filesystem::path& folder, const std::string& name);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  /// Kills what still runs.
  ~ChildProcess();

  pid_t process() const { return m_process; }
  void signal(int number) const;
  /// Exit status, or 128 + the signal that ended it; nothing where it still runs after `limit`.
  std::optional<int> wait(std::chrono::milliseconds limit);
  std::string output() const { return read_text(m_output); }
  std::string errors() const { return read_text(m_errors); }

 private:
  pid_t m_process = -1;
  std::optional<int> m_status;
  std::filesystem::path m_output;
  std::filesystem::path m_errors;
};

/// `tellina run` on a free port, or on the one that the options name.
class ServerProcess {
 public:
  /// Returns when it listens; throws std::runtime_error, with what it said, where it does not within 30 s.
  ServerProcess(const std::filesystem::path& program, const std::filesystem::path& folder,
                const std::string& config = "config.json", const std::vector<std::string>& options = {});
  /// Ends it with SIGINT, so that it puts its sandboxes away.
  ~ServerProcess();

  std::uint16_t port() const { return m_port; }
  pid_t process() const { return m_child.process(); }
  std::string errors() const { return m_child.errors(); }
  void signal(int number) const { m_child.signal(number); }
  std::optional<int> wait(std::chrono::milliseconds limit) { return m_child.wait(limit); }
  /// Ends it with SIGKILL and waits for it.
  void kill();
  /// Processes of its own that play this role: "gateway" or "worker".
  std::vector<pid_t> players(const std::string& role) const;
  /// Resident memory in KiB.
  std::size_t resident_kib() const;

 private:
  ChildProcess m_child;
  std::uint16_t m_port = 0;
};

}  // namespace tellina::testing
