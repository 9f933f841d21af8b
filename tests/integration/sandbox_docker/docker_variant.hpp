#pragma once

#include <string>

#include "support/docker_engine.hpp"
#include "variant.hpp"

namespace tellina::test {

/// The only engine of this program, started at the first call.
DockerEngine& engine();
/// The run folder of this program's sandboxes.
std::string run_folder();
/// Makes backends use another program's engine from now on.
void use_engine_of_another(const std::string& socket, const std::string& run_folder);

inline constexpr const char* be_host_flag = "--be-a-host";
/// Starts a sandbox, lets the pool prewarm one, sets a variable in its shell, writes "OWNER ID\n" to standard output
/// and waits until it is killed.
int be_host();

/// Another process of this program, as a host.
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
