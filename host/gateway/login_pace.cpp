#include "host/gateway/login_pace.hpp"

#include <algorithm>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"

namespace tellina {

LoginPace::LoginPace(std::size_t burst, std::chrono::nanoseconds interval, std::chrono::nanoseconds longest)
    : m_burst(static_cast<std::int64_t>(burst) * interval), m_interval(interval), m_longest(longest) {
  TELLINA_ASSERT_PROCESS(burst > 0 && interval.count() > 0 && longest.count() >= 0);
}

std::optional<std::chrono::nanoseconds> LoginPace::reserve(const std::string& access_code, MonotonicTime now) {
  std::lock_guard lock(m_mutex);
  forget_old(now);
  const auto found = m_next.find(access_code);
  const MonotonicTime next = (found == m_next.end() ? now : std::max(found->second, now)) + m_interval;
  const std::chrono::nanoseconds wait = std::max(next - now - m_burst, std::chrono::nanoseconds::zero());
  if (wait > m_longest) return std::nullopt;
  m_next[access_code] = next;
  return wait;
}

void LoginPace::forget_old(MonotonicTime now) {
  if (m_next.size() < std::max(limits::swept_login_buckets, 2 * m_at_sweep)) return;
  std::erase_if(m_next, [now](const auto& entry) { return entry.second <= now; });
  m_at_sweep = m_next.size();
}

std::size_t LoginPace::codes() const {
  std::lock_guard lock(m_mutex);
  return m_next.size();
}

void LoginPace::check_invariant() const { TELLINA_ASSERT_PROCESS(m_interval <= m_burst); }

}  // namespace tellina
