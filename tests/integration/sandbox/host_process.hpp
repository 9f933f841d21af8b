#pragma once

/// This program in another role: a host that starts a sandbox and is then killed, or the tests as another user.

#include <string>

#include "sandbox_fixture.hpp"

namespace tellina::test {

inline constexpr const char* be_host_flag = "--be-a-host";
inline constexpr const char* be_starting_host_flag = "--be-a-host-that-starts";

/// Starts a sandbox with a daemon, lets the pool prewarm two, writes "OWNER\n" to standard output and waits until it is
/// killed.
int be_host();
/// Writes "OWNER\n" to standard output, starts a sandbox at once, and waits until it is killed.
int be_starting_host();

/// Another process of this program. The constructor returns when it has written its owner.
class HostProcess {
 public:
  explicit HostProcess(const char* flag = be_host_flag);
  ~HostProcess();
  int process() const { return m_process; }
  const OwnerId& owner() const { return m_owner; }
  void kill();

 private:
  int m_process = -1;
  OwnerId m_owner;
};

}  // namespace tellina::test
