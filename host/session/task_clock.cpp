#include "host/session/task_clock.hpp"

#include <algorithm>

#include "host/runtime/assertion.hpp"

namespace tellina {

TaskClock::TaskClock(std::chrono::nanoseconds duration, std::chrono::nanoseconds charged)
    : m_duration(duration), m_charged_before(std::min(charged, duration)) {
  check_invariant();
}

void TaskClock::start(MonotonicTime now) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(!runs());
  m_started = now;
}

void TaskClock::stop(MonotonicTime now) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(runs());
  m_charged_before = charged(now);
  m_started.reset();
}

std::chrono::nanoseconds TaskClock::charged(MonotonicTime now) const {
  if (!m_started) return m_charged_before;
  TELLINA_ASSERT(now >= *m_started);
  return std::min<std::chrono::nanoseconds>(m_charged_before + (now - *m_started), m_duration);
}

MonotonicTime TaskClock::deadline() const {
  TELLINA_ASSERT(runs());
  return *m_started + (m_duration - m_charged_before);
}

void TaskClock::check_invariant() const {
  TELLINA_ASSERT(m_charged_before >= std::chrono::nanoseconds::zero());
  TELLINA_ASSERT(m_charged_before <= m_duration);
}

}  // namespace tellina
