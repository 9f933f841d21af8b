#include "host/server/former_backends.hpp"

#include <utility>

#include "host/config/json_reader.hpp"
#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/runtime/threads.hpp"

namespace tellina {

/// A backend that is no longer configured, and what dead workers left in it.
class FormerBackends::Former {
 public:
  Former(const ServerParts& parts, const PluginChoice& choice)
      : sandboxes(parts.make_sandboxes(choice)), sweeper(*sandboxes, choice.name, parts.system.log) {}

  PluginInstance<SandboxBackend> sandboxes;
  Sweeper sweeper;
};

FormerBackends::FormerBackends(const ServerParts& parts, Store& store, std::string worker, SandboxBackendChoice current)
    : m_parts(parts), m_store(store), m_worker(std::move(worker)), m_current(std::move(current)) {
  m_thread = start_thread("the removal of sandboxes", [this] { work(); });
}

FormerBackends::~FormerBackends() {
  {
    const std::lock_guard lock(m_mutex);
    m_is_stopping = true;
  }
  m_wake.notify_all();
  m_thread.join();
}

void FormerBackends::work() {
  std::unique_lock lock(m_mutex);
  while (!m_is_stopping) {
    lock.unlock();
    try {
      sweep_once();
      m_has_failed = false;
    } catch (const Error& error) {
      if (!std::exchange(m_has_failed, true)) {
        m_parts.system.log.warning(
            std::string("cannot look for sandboxes of plugins that are no longer configured; retrying: ") +
            error.what());
      }
    }
    lock.lock();
    m_wake.wait_for(lock, limits::former_backends, [this] { return m_is_stopping; });
  }
}

void FormerBackends::sweep_once() {
  std::map<SandboxBackendChoice, std::vector<OwnerId>> unswept;
  std::vector<SandboxId> in_use;
  m_store.run([&](StoreTransaction& transaction) {
    for (UnsweptWorker& worker : transaction.claim_sweeps_of_others(m_worker, m_current)) {
      unswept[std::move(worker.backend)].push_back(std::move(worker.id));
    }
    if (!unswept.empty()) in_use = transaction.find_sandboxes_in_use();
  });
  for (const auto& [backend, workers] : unswept) sweep_in(backend, workers, in_use);
}

void FormerBackends::sweep_in(const SandboxBackendChoice& backend, const std::vector<OwnerId>& workers,
                              const std::vector<SandboxId>& in_use) {
  TELLINA_ASSERT_PROCESS(backend != m_current && !workers.empty());
  const auto [found, is_new] = m_formers.try_emplace(backend);
  if (is_new) {
    try {
      PluginChoice choice;
      choice.name = backend.plugin;
      choice.section = read_json(backend.settings, m_parts.config.file);
      found->second = std::make_unique<Former>(m_parts, choice);
    } catch (const Error& error) {
      log_failure(backend, error);
    }
  }
  if (!found->second) return;
  Sweeper& sweeper = found->second->sweeper;
  sweeper.add(workers);
  // The configured backend may have adopted sandboxes of the same plugin, whatever the settings; but none of another's.
  const bool may_be_adopted = backend.plugin == m_current.plugin;
  const std::size_t removed = sweeper.run(sweeper.due(), may_be_adopted ? in_use : std::vector<SandboxId>());
  const std::vector<OwnerId> swept = sweeper.removed();
  if (!swept.empty()) {
    m_store.run([&](StoreTransaction& transaction) {
      for (const OwnerId& worker : swept) transaction.record_sweep(worker, Timestamp(m_parts.system.clock));
    });
    sweeper.forget(swept);
  }
  if (removed > 0) {
    m_parts.system.log.info("removed " + std::to_string(removed) + (removed == 1 ? " sandbox of " : " sandboxes of ") +
                            describe(backend));
  }
  // It may have processes of its own, which nothing needs any more.
  if (sweeper.due().empty()) m_formers.erase(found);
}

void FormerBackends::log_failure(const SandboxBackendChoice& backend, const Error& error) {
  m_parts.system.log.warning("cannot remove the sandboxes of " + describe(backend) +
                             "; the next start of the server tries again: " + error.what() +
                             (error.hint().empty() ? "" : "\n" + error.hint()));
}

std::string FormerBackends::describe(const SandboxBackendChoice& backend) const {
  return "\"" + backend.plugin + "\"" +
         (backend.plugin == m_current.plugin ? " with settings that are no longer configured"
                                             : ", which is no longer configured");
}

}  // namespace tellina
