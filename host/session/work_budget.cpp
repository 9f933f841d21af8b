#include "host/session/work_budget.hpp"

#include <algorithm>
#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"

namespace tellina {
namespace {

struct Rate {
  double burst;
  double in_a_second;
};

/// By account.
constexpr std::array<Rate, 3> rates{{
    {limits::control_burst, limits::control_units_in_a_second},
    {limits::observation_burst, limits::observations_in_a_second},
    {limits::observation_burst, limits::input_times_in_a_second},
}};

}  // namespace

WorkBudget::WorkBudget(MonotonicTime now) : m_left(), m_since(now) {
  static_assert(rates.size() == accounts);
  for (std::size_t i = 0; i < accounts; ++i) m_left[i] = rates[i].burst;
}

void WorkBudget::refill(MonotonicTime now) {
  TELLINA_ASSERT(now >= m_since);
  const std::chrono::duration<double> passed = now - std::exchange(m_since, now);
  for (std::size_t i = 0; i < accounts; ++i) {
    m_left[i] = std::min(m_left[i] + passed.count() * rates[i].in_a_second, rates[i].burst);
  }
}

void WorkBudget::spend(double units, MonotonicTime now, Account account) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(units > 0);
  refill(now);
  m_left[static_cast<std::size_t>(account)] -= units;
}

std::chrono::nanoseconds WorkBudget::pause(MonotonicTime now) {
  if (!is_overdrawn()) return std::chrono::nanoseconds::zero();
  const InvariantScope invariant(*this);
  refill(now);
  std::chrono::duration<double> wait(0);
  for (std::size_t i = 0; i < accounts; ++i) {
    wait = std::max(wait, std::chrono::duration<double>(-m_left[i] / rates[i].in_a_second));
  }
  return std::chrono::ceil<std::chrono::milliseconds>(wait);
}

bool WorkBudget::is_overdrawn() const {
  return std::any_of(m_left.begin(), m_left.end(), [](double left) { return left < 0; });
}

bool WorkBudget::is_full(MonotonicTime now) {
  refill(now);
  for (std::size_t i = 0; i < accounts; ++i) {
    if (m_left[i] < rates[i].burst) return false;
  }
  return true;
}

void WorkBudget::check_invariant() const {
  for (std::size_t i = 0; i < accounts; ++i) TELLINA_ASSERT(m_left[i] <= rates[i].burst);
}

}  // namespace tellina
