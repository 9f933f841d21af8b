#include "health.hpp"

#include <cstdio>

#include "advice.hpp"

namespace tellina::redis {

void Health::note_up(Link link) {
  std::lock_guard lock(m_mutex);
  m_down[link] = false;
  if (link == writer) m_writer_down.store(false, std::memory_order_release);
  if (m_logged_reasons.empty() || m_down[writer] || m_down[reader]) return;
  m_logged_reasons.clear();
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.1f", std::chrono::duration<double>(m_clock.now() - m_since).count());
  m_log.info(m_server + " is available again after " + seconds + " s");
}

void Health::note_down(Link link, const Failure& failure) {
  std::lock_guard lock(m_mutex);
  if (!m_down[writer] && !m_down[reader]) m_outages.add();
  m_down[link] = true;
  if (link == writer) m_writer_down.store(true, std::memory_order_release);
  constexpr std::size_t most_reasons = 20;
  if (m_logged_reasons.size() >= most_reasons) return;
  if (m_logged_reasons.empty()) m_since = m_clock.now();
  if (m_logged_reasons.insert(failure.what()).second) m_log.warning(describe(failure) + "; retrying until it answers");
}

std::string Health::describe(const Failure& failure) const {
  std::string text = m_server + ": " + failure.what();
  const std::string_view advice = advice_on(failure.what());
  if (!advice.empty()) text.append("; ").append(advice);
  return text;
}

}  // namespace tellina::redis
