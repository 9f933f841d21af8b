#include "host/session/observation.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"

namespace tellina {

bool ObservationLimit::Budget::take() {
  if (m_left > 0) return m_left-- > 0;
  ++dropped;
  return false;
}

void ObservationLimit::Budget::refill() { m_left = std::min(limits::observation_burst, m_left + m_a_second); }

ObservationLimit::ObservationLimit(Loop& loop, std::function<void(EventRecord)> report)
    : m_loop(loop), m_report(std::move(report)), m_second(loop.make_timer()) {}

void ObservationLimit::Budget::check_invariant() const {
  TELLINA_ASSERT(m_left >= 0 && m_left <= limits::observation_burst);
  TELLINA_ASSERT(dropped >= 0);
}

void ObservationLimit::check_invariant() const {
  m_observations.check_invariant();
  m_input_times.check_invariant();
  TELLINA_ASSERT(m_is_running || (m_observations.is_full() && m_input_times.is_full()));
}

bool ObservationLimit::admit(const ObservationFrame& frame) {
  const InvariantScope invariant(*this);
  if (!std::exchange(m_is_running, true)) start_second();
  return (frame.is_input_times ? m_input_times : m_observations).take();
}

void ObservationLimit::start_second() {
  m_second->start(m_loop.clock().now() + std::chrono::seconds(1), [this] { on_second(); });
}

void ObservationLimit::on_second() {
  const InvariantScope invariant(*this);
  for (Budget* budget : {&m_observations, &m_input_times}) budget->refill();
  m_is_running = !m_observations.is_full() || !m_input_times.is_full();
  if (m_is_running) start_second();
  const int observations = std::exchange(m_observations.dropped, 0);
  const int input_times = std::exchange(m_input_times.dropped, 0);
  if (observations + input_times == 0) return;
  m_report(EventRecord(
      "observations_dropped",
      "{\"observations\":" + std::to_string(observations) + ",\"input_times\":" + std::to_string(input_times) + "}",
      Timestamp(m_loop.clock())));
}

}  // namespace tellina
