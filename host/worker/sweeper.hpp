#pragma once

/// Removes the sandboxes that dead workers left in the backend, and retries until all are removed.

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <set>
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

  /// Adds dead workers, except those that it already has.
  void add(const std::vector<OwnerId>& dead);
  /// Adds the workers of another sweeper: those whose sandboxes it could not remove, which it has logged, and those of
  /// removed().
  void take_over(const Sweeper& other);
  /// The workers whose sandboxes are removed, until forget(): the store does not know of that yet.
  std::vector<OwnerId> removed() const;
  void forget(const std::vector<OwnerId>& recorded);
  /// The workers whose sandboxes have to be removed; none while run() is running. After this call, the caller must
  /// determine which sandboxes are in use.
  std::vector<OwnerId> due() const;
  /// Removes the sandboxes of those workers in `dead` that are still due. If the backend can adopt, sandboxes in
  /// `in_use` stay, because a worker has adopted them or will. Their dead owner stays due until none of them is in use:
  /// a sandbox that could not be adopted is replaced, and nothing else would remove the old one. If the backend cannot
  /// adopt, no sandbox stays. Blocks as long as the backend does. Logs the backend's first failure for each worker,
  /// which then stays due. Workers also stay due while there are sandboxes in use and the backend, because it cannot be
  /// used, does not tell whether it adopts.
  ///
  /// Returns how many sandboxes the backend has removed.
  std::size_t run(const std::vector<OwnerId>& dead, const std::vector<SandboxId>& in_use);

  void check_invariant() const;

 private:
  /// The state of one dead worker.
  class Dead {
   public:
    bool has_failed = false;
    std::vector<SandboxId> kept;  ///< by the last sweep, sorted; empty before the first sweep
  };

  /// Throws Error while that is unknown.
  bool adopts();
  std::size_t sweep(const OwnerId& owner, const std::vector<SandboxId>& keep);
  void note_failure(const OwnerId& owner, const Error& error);
  void note_success(const OwnerId& owner, std::vector<SandboxId> kept);
  void check_invariant_locked() const;

  SandboxBackend& m_sandboxes;
  const std::string m_plugin;
  Log& m_log;
  std::optional<bool> m_adopts;  ///< once it is known; only for run()
  mutable std::mutex m_mutex;
  bool m_is_running = false;
  std::map<OwnerId, Dead> m_dead;  ///< workers to sweep
  std::set<OwnerId> m_removed;     ///< workers that are swept, until that is recorded
};

}  // namespace tellina
