#include "host/session/output_throttle.hpp"

#include <algorithm>
#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"

namespace tellina {

OutputThrottle::OutputThrottle(std::uint64_t recorded, MonotonicTime now)
    : m_recorded(recorded), m_has_begun(applies()), m_credit(limits::slow_output_in_a_second), m_since(now) {}

void OutputThrottle::count(std::size_t bytes) {
  const InvariantScope invariant(*this);
  m_recorded += bytes;
  m_credit -= static_cast<double>(bytes);
}

bool OutputThrottle::begins(MonotonicTime now) {
  const InvariantScope invariant(*this);
  if (!applies() || std::exchange(m_has_begun, true)) return false;
  m_credit = limits::slow_output_in_a_second;
  m_since = now;
  return true;
}

std::optional<std::chrono::nanoseconds> OutputThrottle::pause(MonotonicTime now) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(applies());
  TELLINA_ASSERT(now >= m_since);
  const std::chrono::duration<double> passed = now - std::exchange(m_since, now);
  m_credit = std::min(m_credit + passed.count() * limits::slow_output_in_a_second, limits::slow_output_in_a_second);
  if (m_credit > 0) return std::nullopt;
  const std::chrono::duration<double> wait(-m_credit / limits::slow_output_in_a_second + 0.01);
  return std::chrono::duration_cast<std::chrono::nanoseconds>(wait);
}

void OutputThrottle::check_invariant() const {
  TELLINA_ASSERT(m_credit <= limits::slow_output_in_a_second);
  TELLINA_ASSERT(!m_has_begun || applies());
}

}  // namespace tellina
