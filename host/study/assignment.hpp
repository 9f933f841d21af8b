#pragma once

/// Which group a participant gets, and in which order the tasks of a block come. Pure: the same values give the same
/// result on every machine, in the server, in `tellina plan` and in its simulation.

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/study/design.hpp"

namespace tellina {

/// A participant of the stage who has a group and is not excluded.
struct AssignedParticipant {
  std::string group;
  int order_row = 0;
  std::optional<Outcome> outcome;        ///< none: under way
  std::chrono::nanoseconds last_seen{};  ///< since the epoch
};

/// How full a group is.
struct GroupCounts {
  std::string group;
  int completed = 0;
  int under_way = 0;           ///< seen within AssignmentRules::held_for, without an outcome
  int assigned = 0;            ///< all, with those who dropped out
  std::vector<int> held_rows;  ///< order_row of those who completed or are under way
  int places() const { return completed + under_way; }
};

/// One entry for each group, in their order. `participants`: those of one stage. `now`: since the epoch.
std::vector<GroupCounts> count_groups(const Design& design, std::span<const AssignedParticipant> participants,
                                      std::chrono::nanoseconds now);

struct Arrival {
  std::string stage;
  /// The participant's number in the order of arrival within the stage, from 1. No other participant has it.
  std::int64_t number = 1;
  std::string access_code;  ///< for AssignmentRules::fixed
};

/// The choice on which a participant's schedule depends. The store keeps it.
struct GroupChoice {
  std::string group;  ///< empty if the study has no groups
  int order_row = 0;  ///< from 0: the row of each Latin square, modulo the number of its rows
  std::string stage;
  std::int64_t arrival_number = 1;
};

/// The group for a participant who has none. Nothing if every group is full or closed: the outcome is `full`. A group
/// in `fixed` is given even if it is full or closed. Without groups in the design, the choice has an empty name.
std::optional<GroupChoice> choose_group(const Design& design, std::span<const GroupCounts> counts,
                                        const Arrival& arrival);

/// Rows of the numbers 0 to `count` - 1, such that each number stands equally often at each position, and each
/// directly after each other one (Williams). `count` rows if it is even, twice as many if it is odd and above 1.
std::vector<std::vector<int>> williams_square(int count);

/// The groups of `{"crossover": {blocks, treatments}}`, named "1", "2", ... There are at least 2 blocks and as many
/// treatments.
std::vector<Group> crossover_groups(const std::vector<std::string>& blocks, const std::vector<std::string>& treatments);

/// The tasks of a block in a participant's order.
std::vector<int> ordered_tasks(const Design& design, const Block& block, const GroupChoice& choice);

}  // namespace tellina
