#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tellina::testing {

/// A peer (see be_peer()) and its output.
class PeerProcess {
 public:
  explicit PeerProcess(const std::vector<std::string>& arguments);
  PeerProcess(const PeerProcess&) = delete;
  PeerProcess& operator=(const PeerProcess&) = delete;
  /// Kills the process if it still runs.
  ~PeerProcess();

  pid_t process() const { return m_process; }
  void tell(const std::string& line) const;
  void signal(int number) const;
  /// Closes its input and waits. Returns the exit status, or 128 + the signal that ended it; nothing if it still runs.
  std::optional<int> finish(std::chrono::milliseconds limit = std::chrono::seconds(10));
  /// Kills it like kill -9; returns when it is gone.
  void kill();

  std::vector<std::string> lines() const;
  /// Returns true once it has printed this line.
  bool waits_for(const std::string& line, std::chrono::milliseconds limit = std::chrono::seconds(20)) const;
  /// Returns true once `fits` accepts all lines so far.
  bool waits_until(const std::function<bool(const std::vector<std::string>&)>& fits,
                   std::chrono::milliseconds limit = std::chrono::seconds(20)) const;

 private:
  void read();

  pid_t m_process = -1;
  int m_input = -1;
  int m_output = -1;
  mutable std::mutex m_mutex;
  mutable std::condition_variable m_said;
  std::vector<std::string> m_lines;
  std::thread m_reader;
};

}  // namespace tellina::testing
