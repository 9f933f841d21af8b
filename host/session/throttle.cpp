#include "host/session/throttle.hpp"

#include <algorithm>
#include <utility>

#include "host/runtime/assertion.hpp"

namespace tellina {

Throttle::Throttle(std::uint64_t full_speed, double slow_in_a_second, std::uint64_t counted, MonotonicTime now)
    : m_full_speed(full_speed),
      m_slow_in_a_second(slow_in_a_second),
      m_counted(counted),
      m_has_begun(applies()),
      m_credit(slow_in_a_second),
      m_since(now) {
  TELLINA_ASSERT(m_slow_in_a_second > 0);
}

void Throttle::count(std::uint64_t units) {
  const InvariantScope invariant(*this);
  m_counted += units;
  m_credit -= static_cast<double>(units);
}

bool Throttle::begins(MonotonicTime now) {
  const InvariantScope invariant(*this);
  if (!applies() || std::exchange(m_has_begun, true)) return false;
  m_credit = m_slow_in_a_second;
  m_since = now;
  return true;
}

std::optional<std::chrono::nanoseconds> Throttle::pause(MonotonicTime now) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(applies());
  TELLINA_ASSERT(now >= m_since);
  const std::chrono::duration<double> passed = now - std::exchange(m_since, now);
  m_credit = std::min(m_credit + passed.count() * m_slow_in_a_second, m_slow_in_a_second);
  if (m_credit > 0) return std::nullopt;
  const std::chrono::duration<double> wait(-m_credit / m_slow_in_a_second + 0.01);
  return std::chrono::duration_cast<std::chrono::nanoseconds>(wait);
}

void Throttle::check_invariant() const {
  TELLINA_ASSERT(m_credit <= m_slow_in_a_second);
  TELLINA_ASSERT(!m_has_begun || applies());
}

}  // namespace tellina
