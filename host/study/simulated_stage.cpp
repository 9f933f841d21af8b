#include "host/study/simulated_stage.hpp"

#include <algorithm>

namespace tellina {

std::optional<GroupChoice> SimulatedStage::arrive(std::chrono::nanoseconds now) {
  const std::vector<GroupCounts> counts = count_groups(m_design, seen_at(now), now);
  auto choice = m_choose(m_design, counts, {m_stage, m_arrivals + 1, ""});
  if (choice) {
    ++m_arrivals;
  } else {
    ++m_turned_away;
  }
  return choice;
}

std::vector<AssignedParticipant> SimulatedStage::seen_at(std::chrono::nanoseconds now) const {
  std::vector<AssignedParticipant> seen;
  for (const SimulatedVisit& visit : m_visits) {
    std::optional<Outcome> outcome;
    if (!visit.drops_out && visit.end <= now) outcome = Outcome::completed;
    seen.push_back({visit.choice.group, visit.choice.order_row, outcome, std::min(visit.end, now)});
  }
  return seen;
}

}  // namespace tellina
