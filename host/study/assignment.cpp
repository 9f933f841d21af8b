#include "host/study/assignment.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "host/runtime/assertion.hpp"
#include "host/study/draws.hpp"

namespace tellina {
namespace {

bool is_closed(const Design& design, const std::string& group) {
  const std::vector<std::string>& closed = design.assignment.closed;
  return std::find(closed.begin(), closed.end(), group) != closed.end();
}

/// The groups that may get a participant, as indices into `counts`.
std::vector<std::size_t> open_groups(const Design& design, std::span<const GroupCounts> counts) {
  std::vector<std::size_t> usable;
  std::vector<std::size_t> free;
  const auto target = design.assignment.target_per_group;
  for (std::size_t index = 0; index < counts.size(); ++index) {
    if (is_closed(design, counts[index].group)) continue;
    usable.push_back(index);
    if (!target || counts[index].places() < *target) free.push_back(index);
  }
  return free.empty() && design.assignment.continues_when_full ? usable : free;
}

std::size_t least_filled(const Design& design, std::span<const GroupCounts> counts,
                         const std::vector<std::size_t>& open, const Arrival& arrival) {
  int fewest = std::numeric_limits<int>::max();
  for (const std::size_t index : open) fewest = std::min(fewest, counts[index].places());
  std::vector<std::size_t> candidates;
  for (const std::size_t index : open) {
    if (counts[index].places() == fewest) candidates.push_back(index);
  }
  if (candidates.size() == 1) return candidates.front();
  Draws draws(design.assignment.seed, arrival.stage, "group", arrival.number);
  return candidates[draws.below(candidates.size())];
}

/// Groups have places in a sequence of blocks, each shuffled. A group's held places are its first ones, so those that
/// drop-outs leave are the next to be given out.
std::size_t next_in_permuted_blocks(const Design& design, std::span<const GroupCounts> counts,
                                    const std::vector<std::size_t>& open, const Arrival& arrival) {
  const int groups = static_cast<int>(counts.size());
  const int repeats = design.assignment.block_size / groups;
  TELLINA_ASSERT(repeats > 0 && repeats * groups == design.assignment.block_size);
  int block = std::numeric_limits<int>::max();
  for (const std::size_t index : open) block = std::min(block, counts[index].places() / repeats);
  std::vector<std::size_t> places;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    for (std::size_t index = 0; index < counts.size(); ++index) places.push_back(index);
  }
  Draws(design.assignment.seed, arrival.stage, "permuted block", block).shuffle(places);
  std::vector<int> earlier(counts.size(), block * repeats);
  for (const std::size_t index : places) {
    const bool is_held = earlier[index]++ < counts[index].places();
    if (!is_held && std::find(open.begin(), open.end(), index) != open.end()) return index;
  }
  TELLINA_ASSERT(false);
  return open.front();
}

std::size_t next_in_turn(const Design& design, std::span<const GroupCounts> counts,
                         const std::vector<std::size_t>& open) {
  std::vector<std::size_t> round;
  std::size_t assigned = 0;
  for (std::size_t index = 0; index < counts.size(); ++index) {
    assigned += static_cast<std::size_t>(counts[index].assigned);
    if (!is_closed(design, counts[index].group)) round.push_back(index);
  }
  for (std::size_t turn = 0; turn < round.size(); ++turn) {
    const std::size_t index = round[(assigned + turn) % round.size()];
    if (std::find(open.begin(), open.end(), index) != open.end()) return index;
  }
  TELLINA_ASSERT(false);
  return open.front();
}

/// The lowest row that nobody holds, so that all rows are given out evenly and those of drop-outs first.
int lowest_free_row(std::vector<int> held) {
  std::sort(held.begin(), held.end());
  int row = 0;
  for (const int taken : held) {
    if (taken > row) break;
    if (taken == row) ++row;
  }
  return row;
}

}  // namespace

std::vector<GroupCounts> count_groups(const Design& design, std::span<const AssignedParticipant> participants,
                                      std::chrono::nanoseconds now) {
  std::vector<GroupCounts> counts;
  for (const Group& group : design.groups) counts.push_back({.group = group.name, .held_rows = {}});
  if (counts.empty()) counts.push_back({.group = "", .held_rows = {}});
  for (const AssignedParticipant& participant : participants) {
    const auto found = std::find_if(counts.begin(), counts.end(),
                                    [&](const GroupCounts& group) { return group.group == participant.group; });
    if (found == counts.end()) continue;
    ++found->assigned;
    const bool is_completed = participant.outcome == Outcome::completed;
    const bool is_under_way = !participant.outcome && now - participant.last_seen <= design.assignment.held_for;
    if (is_completed) ++found->completed;
    if (is_under_way) ++found->under_way;
    if (is_completed || is_under_way) found->held_rows.push_back(participant.order_row);
  }
  return counts;
}

std::optional<GroupChoice> choose_group(const Design& design, std::span<const GroupCounts> counts,
                                        const Arrival& arrival) {
  TELLINA_ASSERT(counts.size() == std::max<std::size_t>(design.groups.size(), 1));
  GroupChoice choice{.group = "", .stage = arrival.stage, .arrival_number = arrival.number};
  std::optional<std::size_t> chosen;
  const auto fixed = design.assignment.fixed.find(arrival.access_code);
  for (std::size_t index = 0; fixed != design.assignment.fixed.end() && index < counts.size(); ++index) {
    if (counts[index].group == fixed->second) chosen = index;
  }
  if (!chosen) {
    const std::vector<std::size_t> open = open_groups(design, counts);
    if (open.empty()) return std::nullopt;
    switch (design.assignment.method) {
      case AssignmentMethod::least_filled:
        chosen = least_filled(design, counts, open, arrival);
        break;
      case AssignmentMethod::permuted_blocks:
        chosen = next_in_permuted_blocks(design, counts, open, arrival);
        break;
      case AssignmentMethod::in_turn:
        chosen = next_in_turn(design, counts, open);
        break;
    }
  }
  choice.group = counts[*chosen].group;
  choice.order_row = lowest_free_row(counts[*chosen].held_rows);
  return choice;
}

std::vector<std::vector<int>> williams_square(int count) {
  TELLINA_ASSERT(count >= 1);
  std::vector<int> first{0};
  for (int low = 1, high = count - 1; low <= high; ++low, --high) {
    first.push_back(low);
    if (high != low) first.push_back(high);
  }
  std::vector<std::vector<int>> rows;
  for (int shift = 0; shift < count; ++shift) {
    std::vector<int> row;
    for (const int number : first) row.push_back((number + shift) % count);
    rows.push_back(row);
  }
  if (count > 1 && count % 2 == 1) {
    for (int shift = 0; shift < count; ++shift) {
      const std::vector<int>& row = rows[static_cast<std::size_t>(shift)];
      rows.push_back(std::vector<int>(row.rbegin(), row.rend()));
    }
  }
  return rows;
}

std::vector<Group> crossover_groups(const std::vector<std::string>& blocks,
                                    const std::vector<std::string>& treatments) {
  TELLINA_ASSERT(blocks.size() >= 2 && blocks.size() == treatments.size());
  std::vector<Group> groups;
  const std::vector<std::vector<int>> rows = williams_square(static_cast<int>(blocks.size()));
  for (const std::vector<int>& block_row : rows) {
    for (const std::vector<int>& treatment_row : rows) {
      Group group{std::to_string(groups.size() + 1), {}};
      for (std::size_t period = 0; period < blocks.size(); ++period) {
        group.periods.push_back({blocks[static_cast<std::size_t>(block_row[period])],
                                 treatments[static_cast<std::size_t>(treatment_row[period])]});
      }
      groups.push_back(std::move(group));
    }
  }
  return groups;
}

std::vector<int> ordered_tasks(const Design& design, const Block& block, const GroupChoice& choice) {
  if (block.tasks.empty() || block.order == TaskOrder::fixed) return block.tasks;
  std::vector<int> tasks;
  if (block.order == TaskOrder::random) {
    tasks = block.tasks;
    Draws(design.assignment.seed, choice.stage, "order of " + block.name, choice.arrival_number).shuffle(tasks);
    return tasks;
  }
  const std::vector<std::vector<int>> rows = williams_square(static_cast<int>(block.tasks.size()));
  for (const int index : rows[static_cast<std::size_t>(choice.order_row) % rows.size()]) {
    tasks.push_back(block.tasks[static_cast<std::size_t>(index)]);
  }
  return tasks;
}

}  // namespace tellina
