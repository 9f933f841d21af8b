#include "host/worker/sweeper.hpp"

#include <utility>

#include "host/plugins/guard.hpp"

namespace tellina {

void Sweeper::add(const std::vector<OwnerId>& dead) {
  std::lock_guard lock(m_mutex);
  for (const OwnerId& owner : dead) m_dead.emplace(owner, false);
}

void Sweeper::take_over(const Sweeper& other) {
  std::scoped_lock lock(m_mutex, other.m_mutex);
  m_dead.insert(other.m_dead.begin(), other.m_dead.end());
}

std::vector<OwnerId> Sweeper::due() const {
  std::lock_guard lock(m_mutex);
  std::vector<OwnerId> dead;
  if (m_runs) return dead;
  for (const auto& [owner, has_failed] : m_dead) dead.push_back(owner);
  return dead;
}

void Sweeper::run(const std::vector<OwnerId>& dead, const std::vector<SandboxId>& keep) {
  {
    std::lock_guard lock(m_mutex);
    if (std::exchange(m_runs, true)) return;
  }
  for (const OwnerId& owner : dead) sweep(owner, keep);
  std::lock_guard lock(m_mutex);
  m_runs = false;
}

void Sweeper::sweep(const OwnerId& owner, const std::vector<SandboxId>& keep) {
  bool has_failed_before = false;
  {
    std::lock_guard lock(m_mutex);
    const auto found = m_dead.find(owner);
    if (found == m_dead.end()) return;
    has_failed_before = found->second;
  }
  try {
    guard_plugin_call(m_plugin, [&] { return m_sandboxes.sweep(owner, keep); });
  } catch (const Error& error) {
    if (!has_failed_before) {
      m_log.warning("what worker " + owner + " left cannot be removed, which is tried again and again: " +
                    error.what() + (error.hint().empty() ? "" : "\n" + error.hint()));
    }
    std::lock_guard lock(m_mutex);
    m_dead[owner] = true;
    return;
  }
  if (has_failed_before) m_log.info("what worker " + owner + " left is removed");
  std::lock_guard lock(m_mutex);
  m_dead.erase(owner);
}

}  // namespace tellina
