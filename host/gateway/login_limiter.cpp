#include "host/gateway/login_limiter.hpp"

#include <algorithm>

namespace tellina {

LoginLimiter::LoginLimiter(int failures, std::chrono::nanoseconds window, std::size_t max_addresses)
    : m_failures(static_cast<std::size_t>(std::max(failures, 1))), m_window(window), m_max_addresses(max_addresses) {}

std::optional<std::chrono::nanoseconds> LoginLimiter::wait_for(const std::string& address, MonotonicTime now) {
  std::lock_guard lock(m_mutex);
  const auto place = m_places.find(address);
  if (place == m_places.end()) return std::nullopt;
  const std::deque<MonotonicTime>& failures = place->second->failures;
  if (failures.size() < m_failures) return std::nullopt;
  const auto free_again = failures.front() + m_window;
  if (free_again <= now) return std::nullopt;
  return free_again - now;
}

void LoginLimiter::failed(const std::string& address, MonotonicTime now) {
  std::lock_guard lock(m_mutex);
  auto place = m_places.find(address);
  if (place == m_places.end()) {
    if (m_entries.size() >= m_max_addresses) {
      m_places.erase(m_entries.back().address);
      m_entries.pop_back();
    }
    m_entries.emplace_front(address);
    place = m_places.emplace(address, m_entries.begin()).first;
  }
  m_entries.splice(m_entries.begin(), m_entries, place->second);
  std::deque<MonotonicTime>& failures = place->second->failures;
  failures.push_back(now);
  if (failures.size() > m_failures) failures.pop_front();
}

std::size_t LoginLimiter::addresses() const {
  std::lock_guard lock(m_mutex);
  return m_entries.size();
}

}  // namespace tellina
