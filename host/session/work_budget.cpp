#include "host/session/work_budget.hpp"

#include <algorithm>
#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"

namespace tellina {

WorkBudget::WorkBudget(MonotonicTime now) : m_left(limits::control_burst), m_since(now) {}

void WorkBudget::refill(MonotonicTime now) {
  TELLINA_ASSERT(now >= m_since);
  const std::chrono::duration<double> passed = now - std::exchange(m_since, now);
  m_left = std::min(m_left + passed.count() * limits::control_units_in_a_second, limits::control_burst);
}

void WorkBudget::spend(double units, MonotonicTime now) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(units > 0);
  refill(now);
  m_left -= units;
}

std::chrono::nanoseconds WorkBudget::pause(MonotonicTime now) {
  if (!is_overdrawn()) return std::chrono::nanoseconds::zero();
  const InvariantScope invariant(*this);
  refill(now);
  if (!is_overdrawn()) return std::chrono::nanoseconds::zero();
  const std::chrono::duration<double> wait(-m_left / limits::control_units_in_a_second);
  return std::chrono::ceil<std::chrono::milliseconds>(wait);
}

bool WorkBudget::is_full(MonotonicTime now) {
  refill(now);
  return m_left >= limits::control_burst;
}

void WorkBudget::check_invariant() const { TELLINA_ASSERT(m_left <= limits::control_burst); }

}  // namespace tellina
