#include "host/bots/task_script.hpp"

#include <algorithm>
#include <iterator>

namespace tellina::bots {
namespace {

using Kind = Deed::Kind;

constexpr double gives_up = 0.1;
constexpr double gives_up_practice = 0.25;
constexpr double types_something = 0.5;
constexpr double types_what_must_fail = 0.4;
constexpr double hands_in_early = 0.3;
constexpr double starts_over = 0.1;
constexpr double loses_connection = 0.2;
constexpr double asks_for_solution = 0.5;
/// A bot that waits longer for a solution would hold up the run.
constexpr std::chrono::seconds awaited_solution{2};

/// They change nothing.
constexpr const char* harmless_lines[] = {"pwd",        "date",         "cat no-such-file",  "cd no-such-folder",
                                          "echo hello", "whoami; true", "man nothing-at-all"};

/// What a person does before they know the way.
std::vector<Deed> detours(const Task& task, const TaskOffer& offer, const Decisions& decisions,
                          const std::string& place) {
  std::vector<Deed> deeds;
  if (decisions.chance(place + " types something", types_something)) {
    const std::size_t lines = 1 + decisions.below(place + " lines", 2);
    for (std::size_t line = 0; line < lines; ++line) {
      const std::size_t which = decisions.below(place + " line " + std::to_string(line), std::size(harmless_lines));
      deeds.push_back({Kind::line, harmless_lines[which]});
    }
  }
  const bool may_fail = offer.can_start_over && !task.must_fail.empty();
  if (may_fail && decisions.chance(place + " must fail", types_what_must_fail)) {
    auto way = task.must_fail.begin();
    std::advance(way, static_cast<std::ptrdiff_t>(decisions.below(place + " way", task.must_fail.size())));
    for (const std::string& line : way->second) deeds.push_back({Kind::line, line, true});
    deeds.push_back({Kind::start_over});
  } else if (offer.can_start_over && decisions.chance(place + " starts over", starts_over)) {
    deeds.push_back({Kind::start_over});
  }
  const bool may_ask = offer.solution_in && *offer.solution_in <= awaited_solution;
  if (may_ask && decisions.chance(place + " asks", asks_for_solution)) deeds.push_back({Kind::show_solution});
  if (offer.can_hand_in && offer.tries_left > 1 && decisions.chance(place + " hands in early", hands_in_early)) {
    deeds.push_back({Kind::hand_in});
  }
  if (decisions.chance(place + " loses the connection", loses_connection)) {
    const std::size_t at = decisions.below(place + " where", deeds.size() + 1);
    deeds.insert(deeds.begin() + static_cast<std::ptrdiff_t>(at), {Kind::reconnect});
  }
  return deeds;
}

void add_end_of_unsolved(TaskScript& script, const TaskOffer& offer, Unsolved unsolved) {
  const bool awaits_clock = offer.has_end && (unsolved == Unsolved::clock || !offer.can_give_up);
  if (awaits_clock) {
    script.deeds.push_back({Kind::await_end});
    script.meant = "timed_out";
  } else if (offer.can_give_up) {
    script.deeds.push_back({Kind::give_up});
    script.meant = "gave_up";
  } else {
    const int used = static_cast<int>(std::ranges::count(script.deeds, Kind::hand_in, &Deed::kind));
    for (int left = offer.tries_left - used; left > 0; --left) script.deeds.push_back({Kind::hand_in});
    script.deeds.push_back({Kind::await_end});
    script.meant = "failed";
  }
}

}  // namespace

TaskScript write_task_script(const Task& task, const TaskOffer& offer, const Decisions& decisions,
                             const std::string& place, Unsolved unsolved) {
  TaskScript script;
  script.deeds = detours(task, offer, decisions, place);
  if (task.solution.empty()) {
    add_end_of_unsolved(script, offer, unsolved);
    return script;
  }
  // Practice that has to be passed goes wrong at most until the last try.
  const double probability = offer.is_practice ? (offer.is_last_try ? 0 : gives_up_practice) : gives_up;
  if (offer.can_give_up && decisions.chance(place + " gives up", probability)) {
    script.deeds.push_back({Kind::give_up});
    script.meant = "gave_up";
    return script;
  }
  for (const std::string& line : task.solution) script.deeds.push_back({Kind::line, line});
  const bool hands_in = offer.must_hand_in || (offer.can_hand_in && decisions.chance(place + " hands in", 0.5));
  if (hands_in) script.deeds.push_back({Kind::hand_in});
  script.deeds.push_back({Kind::await_end});
  script.meant = "passed";
  return script;
}

bool is_as_meant(const std::string& meant, const std::string& end) {
  const bool may_be_hidden = meant == "passed" || meant == "failed";
  return end == meant || (end == "handed_in" && may_be_hidden);
}

}  // namespace tellina::bots
