#pragma once

/// The participants of a stage as the assignment sees them, in simulated time.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/study/assignment.hpp"

namespace tellina {

using ChooseGroup =
    std::function<std::optional<GroupChoice>(const Design&, std::span<const GroupCounts>, const Arrival&)>;

/// A participant who has a group. All times are since the same moment.
struct SimulatedVisit {
  GroupChoice choice;
  std::chrono::nanoseconds end{};  ///< seen until then
  bool drops_out = false;          ///< otherwise they have completed the study at the end
};

/// The same design and the same visits give the same groups as the server gives. Pure.
class SimulatedStage {
 public:
  /// The references must outlive the object.
  SimulatedStage(const Design& design, std::string stage, const ChooseGroup& choose)
      : m_design(design), m_stage(std::move(stage)), m_choose(choose) {}

  /// The group of the next arrival at this time, which is not before the last one. Nothing: they are turned away.
  std::optional<GroupChoice> arrive(std::chrono::nanoseconds now);
  /// The visit of an arrival who got a group.
  void admit(SimulatedVisit visit) { m_visits.push_back(std::move(visit)); }

  const std::vector<SimulatedVisit>& visits() const { return m_visits; }
  int turned_away() const { return m_turned_away; }

 private:
  std::vector<AssignedParticipant> seen_at(std::chrono::nanoseconds now) const;

  const Design& m_design;
  const std::string m_stage;
  const ChooseGroup& m_choose;
  std::vector<SimulatedVisit> m_visits;
  std::int64_t m_arrivals = 0;  ///< of those who got a group: only they have a number
  int m_turned_away = 0;
};

}  // namespace tellina
