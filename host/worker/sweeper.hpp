#pragma once

/// Puts away what dead workers left in the sandbox backend, again and again until that has worked.

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tellina/log.hpp"
#include "tellina/sandbox.hpp"

namespace tellina {

/// Threads: any.
class Sweeper {
 public:
  /// `plugin`: the backend's name, for messages.
  Sweeper(SandboxBackend& sandboxes, const std::string& plugin, Log& log)
      : m_sandboxes(sandboxes), m_plugin("sandbox \"" + plugin + "\""), m_log(log) {}

  /// Dead workers, each told once.
  void add(const std::vector<OwnerId>& dead);
  /// Takes over what another one could not put away, and has said so.
  void take_over(const Sweeper& other);
  /// Whose sandboxes wait; nobody's while run() runs. What must be kept has to be found out after this.
  std::vector<OwnerId> due() const;
  /// Removes what is left of those who are still due, but for the sandboxes in `keep`; blocks as the backend does. A
  /// backend that fails is said once for each worker, who stays due.
  void run(const std::vector<OwnerId>& dead, const std::vector<SandboxId>& keep);

 private:
  void sweep(const OwnerId& owner, const std::vector<SandboxId>& keep);

  SandboxBackend& m_sandboxes;
  const std::string m_plugin;
  Log& m_log;
  mutable std::mutex m_mutex;
  bool m_runs = false;
  std::map<OwnerId, bool> m_dead;  ///< to be swept, and whether that has failed already
};

}  // namespace tellina
