#include "host/study/plan.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <tuple>

#include "host/runtime/assertion.hpp"
#include "host/study/assignment.hpp"
#include "host/study/schedule.hpp"
#include "host/study/untimed.hpp"

namespace tellina {
namespace {

using std::chrono::nanoseconds;

/// "600", "0.5".
std::string seconds_text(nanoseconds time) {
  std::ostringstream text;
  text << std::chrono::duration<double>(time).count();
  return text.str();
}

/// How long a participant may work on a task; nothing if it has no limit.
std::optional<nanoseconds> limit_of_task(const Study& study, int number) {
  TELLINA_ASSERT(number >= 1 && number <= static_cast<int>(study.tasks.size()));
  const nanoseconds duration = duration_of(study, study.tasks[static_cast<std::size_t>(number) - 1]);
  return duration == untimed ? std::nullopt : std::optional(duration);
}

/// How often each block meets each treatment in each period must be equal.
PlanCheck check_balance(const Design& design) {
  std::set<std::string> blocks;
  std::set<std::string> treatments;
  std::map<std::tuple<std::size_t, std::string, std::string>, int> meetings;
  for (const Group& group : design.groups) {
    for (std::size_t index = 0; index < group.periods.size(); ++index) {
      const GroupPeriod& period = group.periods[index];
      blocks.insert(period.block);
      treatments.insert(period.treatment);
      ++meetings[{index, period.block, period.treatment}];
    }
  }
  const std::size_t periods = design.groups.front().periods.size();
  std::tuple<int, std::string> fewest{static_cast<int>(design.groups.size()) + 1, ""};
  std::tuple<int, std::string> most{-1, ""};
  for (std::size_t index = 0; index < periods; ++index) {
    for (const std::string& block : blocks) {
      for (const std::string& treatment : treatments) {
        const int count = meetings[{index, block, treatment}];
        const std::string meeting = "block " + block + (treatment.empty() ? " comes" : " meets " + treatment) +
                                    " in period " + std::to_string(index + 1);
        if (count < std::get<0>(fewest)) fewest = {count, meeting};
        if (count > std::get<0>(most)) most = {count, meeting};
      }
    }
  }
  const auto in_groups = [](const std::tuple<int, std::string>& meeting) {
    const int count = std::get<0>(meeting);
    return std::get<1>(meeting) + " in " + std::to_string(count) + (count == 1 ? " group" : " groups");
  };
  if (std::get<0>(fewest) != std::get<0>(most)) return {false, in_groups(fewest) + ", " + in_groups(most)};
  return {true, treatments == std::set<std::string>{""}
                    ? "every block comes in every period equally often"
                    : "every block meets every treatment in every period equally often"};
}

/// How many tasks a participant starts who uses the whole time of each.
int tasks_reached(const Study& study, const Block& block) {
  nanoseconds used{};
  int reached = 0;
  for (const int number : block.tasks) {
    if (used >= *block.time_limit) break;
    ++reached;
    const std::optional<nanoseconds> limit = limit_of_task(study, number);
    if (!limit) break;
    used += *limit;
  }
  return reached;
}

void warn_of_short_limits(const Study& study, std::vector<std::string>& warnings) {
  for (const Block& block : study.design.blocks) {
    if (!block.time_limit || block.tasks.empty()) continue;
    const int reached = tasks_reached(study, block);
    const int count = static_cast<int>(block.tasks.size());
    if (reached == count) continue;
    std::set<std::optional<nanoseconds>> limits;
    for (const int number : block.tasks) limits.insert(limit_of_task(study, number));
    std::string of;
    if (!limits.contains(std::nullopt)) {
      of = (limits.size() == 1 ? " of " : " of up to ") + seconds_text(**limits.rbegin()) + " s";
    }
    warnings.push_back("blocks." + block.name + ": " + std::to_string(count) + " tasks" + of + " in " +
                       seconds_text(*block.time_limit) + " s: a slow participant reaches " + std::to_string(reached));
  }
}

/// What the flow uses, over all groups.
struct Uses {
  std::set<int> tasks;
  std::set<std::string> blocks;
  std::set<std::string> treatments;
  std::set<std::string> forms;
};

Uses uses_of(const Study& study, const std::vector<Schedule>& schedules) {
  Uses uses;
  for (const Schedule& schedule : schedules) {
    for (const ScheduleEntry& entry : schedule) {
      uses.tasks.insert(entry.task);
      if (entry.kind == EntryKind::task && !entry.is_practice) uses.blocks.insert(entry.block);
      uses.treatments.insert(entry.treatment);
      const FlowStep* step = step_of(study, entry);
      if (step) uses.forms.insert(step->form);
    }
  }
  return uses;
}

void warn_of_unused_parts(const Study& study, const Uses& uses, std::vector<std::string>& warnings) {
  for (std::size_t index = 0; index < study.tasks.size(); ++index) {
    if (!uses.tasks.contains(static_cast<int>(index) + 1)) {
      warnings.push_back("tasks[" + std::to_string(index) + "]: \"" + study.tasks[index].id +
                         "\" is in no step, so nobody gets it");
    }
  }
  const auto warn = [&](const std::string& section, const std::string& name, const char* where) {
    warnings.push_back(section + "." + name + " is in no " + where);
  };
  for (const Block& block : study.design.blocks) {
    if (!uses.blocks.contains(block.name)) warn("blocks", block.name, "step");
  }
  for (const Treatment& treatment : study.design.treatments) {
    if (!uses.treatments.contains(treatment.name)) warn("treatments", treatment.name, "period");
  }
  for (const Form& form : study.design.forms) {
    if (!uses.forms.contains(form.name)) warn("questionnaires", form.name, "step");
  }
}

void warn_of_assignment(const Design& design, std::vector<std::string>& warnings) {
  const AssignmentRules& rules = design.assignment;
  if (!design.groups.empty() && rules.closed.size() == design.groups.size()) {
    warnings.push_back("assignment.closed: every group is closed, so all participants are turned away");
  }
  for (const Block& block : design.blocks) {
    if (block.order != TaskOrder::latin_square || !rules.target_per_group || block.tasks.empty()) continue;
    const auto rows = static_cast<int>(williams_square(static_cast<int>(block.tasks.size())).size());
    if (*rules.target_per_group % rows == 0) continue;
    warnings.push_back("blocks." + block.name + ": its latin square has " + std::to_string(rows) + " rows, which " +
                       std::to_string(*rules.target_per_group) + " participants per group do not get equally often");
  }
}

class TimeCounter {
 public:
  explicit TimeCounter(const Study& study) : m_study(study) {}

  TimeBound count(const Schedule& schedule) {
    for (const ScheduleEntry& entry : schedule) add(entry);
    TimeBound bound = m_bound;
    for (const auto& [step, time] : m_blocks) bound.tasks += time;
    for (const char* const part : {"pages", "forms", "breaks", "untimed tasks"}) {
      if (m_unlimited.contains(part)) bound.unlimited.push_back(part);
    }
    return bound;
  }

 private:
  void add(const ScheduleEntry& entry) {
    const FlowStep* step = step_of(m_study, entry);
    switch (entry.kind) {
      case EntryKind::consent:
      case EntryKind::page:
        m_unlimited.insert("pages");
        return;
      case EntryKind::questionnaire:
        m_unlimited.insert("forms");
        return;
      case EntryKind::pause:
        if (step && step->at_most) {
          m_bound.breaks += *step->at_most;
        } else {
          m_unlimited.insert("breaks");
        }
        return;
      case EntryKind::task:
        break;
    }
    const std::optional<nanoseconds> own = limit_of_task(m_study, entry.task);
    const std::optional<nanoseconds> limit = block_limit(m_study, entry);
    if (!own && !limit) {
      m_unlimited.insert("untimed tasks");
    } else if (entry.is_practice) {
      m_bound.practice += (own ? *own : *limit) * (step && step->until == FlowStep::Until::passed ? step->tries : 1);
    } else {
      nanoseconds& used = m_blocks[entry.step_id];
      used += own ? *own : *limit;
      if (limit) used = std::min(used, *limit);
    }
  }

  const Study& m_study;
  TimeBound m_bound;
  std::map<std::string, nanoseconds> m_blocks;  ///< by the id of their step
  std::set<std::string> m_unlimited;
};

}  // namespace

Plan make_plan(const Study& study) {
  Plan plan;
  const Design& design = study.design;
  std::vector<Schedule> schedules;
  for (const Group& group : design.groups) schedules.push_back(make_schedule(study, {group.name, 0, design.stage, 1}));
  if (design.groups.empty()) schedules.push_back(make_schedule(study, {"", 0, design.stage, 1}));
  if (design.groups.size() > 1) plan.checks.push_back(check_balance(design));
  for (const Schedule& schedule : schedules) {
    const TimeBound time = TimeCounter(study).count(schedule);
    if (time.total() >= plan.time.total()) plan.time = time;
  }
  warn_of_short_limits(study, plan.warnings);
  warn_of_unused_parts(study, uses_of(study, schedules), plan.warnings);
  warn_of_assignment(design, plan.warnings);
  return plan;
}

}  // namespace tellina
