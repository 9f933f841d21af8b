#include "host/worker/sweeper.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "host/plugins/guard.hpp"
#include "host/runtime/assertion.hpp"

namespace tellina {

void Sweeper::add(const std::vector<OwnerId>& dead) {
  std::lock_guard lock(m_mutex);
  for (const OwnerId& owner : dead) {
    if (m_removed.count(owner) == 0) m_dead.try_emplace(owner);
  }
  check_invariant_locked();
}

void Sweeper::take_over(const Sweeper& other) {
  std::scoped_lock lock(m_mutex, other.m_mutex);
  m_dead.insert(other.m_dead.begin(), other.m_dead.end());
  m_removed.insert(other.m_removed.begin(), other.m_removed.end());
}

std::vector<OwnerId> Sweeper::removed() const {
  std::lock_guard lock(m_mutex);
  return {m_removed.begin(), m_removed.end()};
}

void Sweeper::forget(const std::vector<OwnerId>& recorded) {
  std::lock_guard lock(m_mutex);
  for (const OwnerId& owner : recorded) m_removed.erase(owner);
}

std::vector<OwnerId> Sweeper::due() const {
  std::lock_guard lock(m_mutex);
  std::vector<OwnerId> dead;
  if (m_is_running) return dead;
  for (const auto& [owner, known] : m_dead) dead.push_back(owner);
  return dead;
}

std::size_t Sweeper::run(const std::vector<OwnerId>& dead, const std::vector<SandboxId>& in_use) {
  {
    std::lock_guard lock(m_mutex);
    if (std::exchange(m_is_running, true)) return 0;
  }
  std::size_t removed = 0;
  try {
    std::vector<SandboxId> keep;
    if (!dead.empty() && !in_use.empty() && adopts()) keep = in_use;
    std::sort(keep.begin(), keep.end());
    for (const OwnerId& owner : dead) removed += sweep(owner, keep);
  } catch (const Error& error) {
    for (const OwnerId& owner : dead) note_failure(owner, error);
  }
  std::lock_guard lock(m_mutex);
  TELLINA_ASSERT_PROCESS(m_is_running);
  m_is_running = false;
  check_invariant_locked();
  return removed;
}

bool Sweeper::adopts() {
  if (m_adopts) return *m_adopts;
  const Capabilities capabilities = guard_plugin_call(m_plugin, [&] { return m_sandboxes.probe(); });
  // A backend that adopts nothing must not be told to keep anything, and one that is not usable now may become usable,
  // and may then have sandboxes that a worker will adopt.
  if (!capabilities.usable && !capabilities.adopts) throw Error(ErrorCode::unavailable, capabilities.reason);
  m_adopts = capabilities.adopts;
  return *m_adopts;
}

std::size_t Sweeper::sweep(const OwnerId& owner, const std::vector<SandboxId>& keep) {
  std::vector<SandboxId> kept;
  {
    std::lock_guard lock(m_mutex);
    const auto found = m_dead.find(owner);
    if (found == m_dead.end()) return 0;
    const std::vector<SandboxId>& before = found->second.kept;
    if (before.empty()) {
      kept = keep;
    } else {
      std::set_intersection(before.begin(), before.end(), keep.begin(), keep.end(), std::back_inserter(kept));
      if (kept.size() == before.size()) return 0;
    }
  }
  std::size_t removed = 0;
  try {
    removed = guard_plugin_call(m_plugin, [&] { return m_sandboxes.sweep(owner, keep); });
  } catch (const Error& error) {
    note_failure(owner, error);
    return 0;
  }
  note_success(owner, std::move(kept));
  return removed;
}

void Sweeper::note_failure(const OwnerId& owner, const Error& error) {
  std::lock_guard lock(m_mutex);
  const auto dead = m_dead.find(owner);
  if (dead == m_dead.end() || std::exchange(dead->second.has_failed, true)) return;
  m_log.warning("cannot remove the sandboxes of dead worker " + owner + "; retrying: " + error.what() +
                (error.hint().empty() ? "" : "\n" + error.hint()));
}

void Sweeper::note_success(const OwnerId& owner, std::vector<SandboxId> kept) {
  std::lock_guard lock(m_mutex);
  Dead& dead = m_dead[owner];
  if (std::exchange(dead.has_failed, false)) m_log.info("the sandboxes of dead worker " + owner + " are removed");
  dead.kept = std::move(kept);
  if (dead.kept.empty()) {
    m_dead.erase(owner);
    m_removed.insert(owner);
  }
  check_invariant_locked();
}

void Sweeper::check_invariant() const {
  std::lock_guard lock(m_mutex);
  check_invariant_locked();
}

void Sweeper::check_invariant_locked() const {
  for (const auto& [owner, dead] : m_dead) {
    TELLINA_ASSERT_PROCESS(!owner.empty() && m_removed.count(owner) == 0);
    TELLINA_ASSERT_PROCESS(std::is_sorted(dead.kept.begin(), dead.kept.end()));
  }
}

}  // namespace tellina
