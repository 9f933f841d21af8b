#include "plugins/sandbox_docker/abandoned_containers.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "plugins/sandbox_docker/forgotten_processes.hpp"

namespace tellina::docker_sandbox {
namespace {

/// An engine that answers again may still be creating a container of which it was asked before, so one success is not
/// enough.
constexpr int needed_successes = 2;
constexpr std::chrono::seconds first_pause{1};
constexpr std::chrono::seconds longest_pause{5};
constexpr std::chrono::seconds attempt_deadline{10};
constexpr std::chrono::seconds last_deadline{2};

}  // namespace

AbandonedContainers::~AbandonedContainers() {
  {
    const std::lock_guard lock(m_mutex);
    m_is_stopping = true;
  }
  m_stop.raise();
  m_wanted.notify_all();
  if (m_thread.joinable()) m_thread.join();
  if (m_attempts > 0) try_to_remove(Deadline(m_clock, last_deadline, nullptr));
}

std::vector<Containers::Found> AbandonedContainers::find(const Deadline& deadline) {
  // Lists the containers first: every listed container had its folder before.
  std::vector<Containers::Found> found = m_containers.list(deadline);
  keep_abandoned(found);
  return found;
}

void AbandonedContainers::end_forgotten(const std::string& token) const {
  std::vector<MarkedProcess> found = find_marked_processes(m_run_folder.path());
  std::erase_if(found, [&](const MarkedProcess& marked) { return marked.token != token; });
  end_processes(found);
}

void AbandonedContainers::end_forgotten() const {
  std::vector<MarkedProcess> found = find_marked_processes(m_run_folder.path());
  keep_abandoned(found);
  end_processes(found);
}

template <class Item>
void AbandonedContainers::keep_abandoned(std::vector<Item>& items) const {
  // While another process renames a folder, a listing may miss it.
  for (int listing = 0; listing < 2 && !items.empty(); ++listing) {
    const std::vector<Claim> claims = m_run_folder.list();
    const auto has_folder = [&](const Item& item) {
      return std::any_of(claims.begin(), claims.end(), [&](const Claim& claim) { return claim.token == item.token; });
    };
    items.erase(std::remove_if(items.begin(), items.end(), has_folder), items.end());
  }
}

std::size_t AbandonedContainers::remove(const Deadline& deadline) {
  std::size_t claimed = 0;
  for (const Containers::Found& container : find(deadline)) {
    m_containers.remove(container.token, deadline);
    if (!container.id.empty()) ++claimed;
  }
  // After the engine has ended those that it knows.
  end_forgotten();
  return claimed;
}

void AbandonedContainers::remove_later() {
  {
    const std::lock_guard lock(m_mutex);
    m_attempts = needed_successes;
    try {
      if (!m_thread.joinable()) m_thread = std::thread([this] { work(); });
    } catch (const std::system_error& error) {
      m_log.warning(std::string("cannot remove containers that belong to no sandbox: ") + error.what());
    }
  }
  m_wanted.notify_all();
}

void AbandonedContainers::remove_later(const Error& failure) {
  note_failure(failure);
  remove_later();
}

void AbandonedContainers::work() {
  std::chrono::seconds pause = first_pause;
  std::unique_lock lock(m_mutex);
  while (!m_is_stopping) {
    if (m_attempts == 0) {
      m_wanted.wait(lock, [this] { return m_attempts > 0 || m_is_stopping; });
      pause = first_pause;
      continue;
    }
    if (m_wanted.wait_for(lock, pause, [this] { return m_is_stopping; })) return;
    lock.unlock();
    const bool is_done = try_to_remove(Deadline(m_clock, attempt_deadline, &m_stop));
    lock.lock();
    if (is_done && m_attempts > 0) --m_attempts;
    pause = is_done ? longest_pause : std::min(2 * pause, longest_pause);
  }
}

bool AbandonedContainers::try_to_remove(const Deadline& deadline) {
  try {
    remove(deadline);
  } catch (const std::exception& failure) {
    note_failure(failure);
    return false;
  }
  note_success();
  return true;
}

void AbandonedContainers::note_failure(const std::exception& failure) {
  const std::lock_guard lock(m_mutex);
  if (m_is_stopping || std::exchange(m_has_failed, true)) return;
  m_log.warning(std::string("cannot remove the container of a sandbox that has ended; retrying: ") + failure.what());
}

void AbandonedContainers::note_success() {
  const std::lock_guard lock(m_mutex);
  if (std::exchange(m_has_failed, false)) m_log.info("no container is left of a sandbox that has ended");
}

}  // namespace tellina::docker_sandbox
