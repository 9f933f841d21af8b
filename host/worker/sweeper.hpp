#pragma once

/// Removes what dead workers left in the sandbox backend, again and again until nothing of theirs is left.

#include <map>
#include <mutex>
#include <optional>
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
  /// Takes over what another one could not remove, and has said so.
  void take_over(const Sweeper& other);
  /// Whose sandboxes wait; nobody's while run() runs. What is in use has to be found out after this.
  std::vector<OwnerId> due() const;
  /// Removes what is left of those who are still due. Where the backend adopts, sandboxes in `in_use` stay, as a worker
  /// has adopted them or will; their owner stays due until none of those is in use any more, because one that could not
  /// be adopted is replaced and nobody else would remove it. Where the backend does not adopt, nothing stays. Blocks as
  /// the backend does. A backend that fails is reported once for each worker, who stays due.
  void run(const std::vector<OwnerId>& dead, const std::vector<SandboxId>& in_use);

 private:
  /// What is known of a dead worker.
  class Dead {
   public:
    bool has_failed = false;
    std::vector<SandboxId> kept;  ///< sorted; at the last sweep. Empty before the first
  };

  bool adopts();
  void sweep(const OwnerId& owner, const std::vector<SandboxId>& keep);
  void note_failure(const OwnerId& owner, const Error& error);
  void note_success(const OwnerId& owner, std::vector<SandboxId> kept);

  SandboxBackend& m_sandboxes;
  const std::string m_plugin;
  Log& m_log;
  std::optional<bool> m_adopts;  ///< once the backend has told; used inside run() only
  mutable std::mutex m_mutex;
  bool m_runs = false;
  std::map<OwnerId, Dead> m_dead;  ///< to be swept
};

}  // namespace tellina
