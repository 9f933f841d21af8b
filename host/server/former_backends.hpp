#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/server/parts.hpp"
#include "host/store/store.hpp"
#include "host/worker/sweeper.hpp"

namespace tellina {

/// Removes the sandboxes of dead workers whose plugin is no longer configured, or was configured with other settings,
/// which may have put the sandboxes elsewhere. Opens that plugin with the settings that the store has of it.
///
/// Retries until everything is removed; a plugin that cannot be opened is left to the next start of the server. Logs
/// what it cannot remove, once.
///
/// Threads: its own, so that a plugin that hangs delays nothing but the end of the process.
class FormerBackends {
 public:
  /// `worker`: removes the sandboxes in the name of this worker, which the store has. `current`: the configured
  /// backend. The references must outlive the object. Throws Error if there is no thread left.
  FormerBackends(const ServerParts& parts, Store& store, std::string worker, SandboxBackendChoice current);
  FormerBackends(const FormerBackends&) = delete;
  FormerBackends& operator=(const FormerBackends&) = delete;
  /// Waits for the plugin's current call.
  ~FormerBackends();

 private:
  class Former;

  void work();
  void sweep_once();
  void sweep_in(const SandboxBackendChoice& backend, const std::vector<OwnerId>& workers,
                const std::vector<SandboxId>& in_use);
  void log_failure(const SandboxBackendChoice& backend, const Error& error);
  /// "\"docker\", which is no longer configured", for messages.
  std::string describe(const SandboxBackendChoice& backend) const;

  const ServerParts& m_parts;
  Store& m_store;
  const std::string m_worker;
  const SandboxBackendChoice m_current;
  std::map<SandboxBackendChoice, std::unique_ptr<Former>>
      m_formers;              ///< only for work(); empty if one cannot be opened
  bool m_has_failed = false;  ///< only for work(): the store, since its last success
  std::mutex m_mutex;
  std::condition_variable m_wake;
  bool m_is_stopping = false;
  std::thread m_thread;  ///< last: it uses the others
};

}  // namespace tellina
