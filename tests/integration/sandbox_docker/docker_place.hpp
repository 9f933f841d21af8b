#pragma once

#include <string>

#include "place.hpp"
#include "support/docker_engine.hpp"

namespace tellina::test {

/// The one engine of this program, started when it is first asked for.
DockerEngine& engine();
/// Of this program's sandboxes.
std::string run_folder();
/// Makes backends use another program's engine from now on.
void use_engine_of_another(const std::string& socket, const std::string& run_folder);

inline constexpr const char* be_host_flag = "--be-a-host";
/// Starts a sandbox and one in advance, sets a variable in its shell, writes "OWNER ID\n" to standard output and waits
/// for ever.
int be_host();

/// This program once more, as a host in a process of its own.
class HostProcess {
 public:
  HostProcess();
  ~HostProcess() { kill(); }
  HostProcess(const HostProcess&) = delete;
  HostProcess& operator=(const HostProcess&) = delete;
  const OwnerId& owner() const { return m_owner; }
  const SandboxId& id() const { return m_id; }
  void kill();

 private:
  int m_process = -1;
  OwnerId m_owner;
  SandboxId m_id;
};

}  // namespace tellina::test
