#include "host/server/heartbeat.hpp"

namespace tellina {

void Heartbeat::beat() {
  if (!m_link.is_supervised() || *m_unanswered > 0) return;
  m_link.report_alive();
  *m_unanswered = m_loops.size();
  for (AsioLoop* loop : m_loops.all()) {
    loop->post([unanswered = m_unanswered] { --*unanswered; });
  }
}

}  // namespace tellina
