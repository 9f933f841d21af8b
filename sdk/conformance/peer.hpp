#pragma once

/// A second process, for cases about the interaction of two.

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>

namespace tellina::conformance {

/// Lines between the two processes.
class Wire {
 public:
  Wire(int from, int to) : m_from(from), m_to(to) {}
  void send_line(const std::string& line);
  /// Waits for the next line. Throws Failure if the other side has ended or sends nothing in time.
  std::string receive_line(std::chrono::milliseconds within = std::chrono::seconds(15));

 private:
  int m_from;
  int m_to;
  std::string m_received;
};

/// A child process that runs a function. Create it before this process has any plugin, because fork() does not copy
/// threads.
///
/// Lifetime: the destructor kills the process if it still runs, and waits for it.
class Peer {
 public:
  /// The child ends with the function. If the function throws, the wire gets the line "failed: ...".
  explicit Peer(const std::function<void(Wire&)>& run);
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer();

  Wire& wire() { return m_wire; }
  /// Throws Failure unless this is the next line.
  void expect_line(const std::string& line);
  pid_t process() const { return m_process; }
  void kill();

 private:
  int m_ends[4];
  pid_t m_process = -1;
  Wire m_wire;
};

}  // namespace tellina::conformance
