#pragma once

/// A second process for cases about what two of them do to each other.

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>

namespace tellina::conformance {

/// Lines between the two processes.
class Wire {
 public:
  Wire(int from, int to) : m_from(from), m_to(to) {}
  void say(const std::string& line);
  /// The next line. Throws Failure where the other side has ended or says nothing in time.
  std::string hear(std::chrono::milliseconds within = std::chrono::seconds(15));

 private:
  int m_from;
  int m_to;
  std::string m_heard;
};

/// A child process that runs a function. Make it before this process has any plugin: a fork takes no threads along.
///
/// Lifetime: the destructor kills what still runs and waits for it.
class Peer {
 public:
  /// The child ends with the function; what that throws is said over the wire as "failed: ...".
  explicit Peer(const std::function<void(Wire&)>& run);
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer();

  Wire& wire() { return m_wire; }
  /// Throws Failure unless this is what it says next.
  void expect_to_hear(const std::string& line);
  pid_t process() const { return m_process; }
  void kill();

 private:
  int m_ends[4];
  pid_t m_process = -1;
  Wire m_wire;
};

}  // namespace tellina::conformance
