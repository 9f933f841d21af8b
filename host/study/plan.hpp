#pragma once

/// What a design means for its participants, found out before anyone comes.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "host/study/task.hpp"

namespace tellina {

/// The longest time that a participant's steps can take. Pages, forms and breaks without a limit are left out.
struct TimeBound {
  std::chrono::nanoseconds tasks{};
  std::chrono::nanoseconds practice{};
  std::chrono::nanoseconds breaks{};
  std::vector<std::string> unlimited;  ///< of "pages", "forms", "breaks", "untimed tasks": what occurs
  std::chrono::nanoseconds total() const { return tasks + practice + breaks; }
};

struct PlanCheck {
  bool is_good = true;
  std::string text;  ///< what holds, or what does not
};

struct Plan {
  std::vector<PlanCheck> checks;
  std::vector<std::string> warnings;
  TimeBound time;  ///< of the group that can take longest
};

Plan make_plan(const Study& study);

}  // namespace tellina
