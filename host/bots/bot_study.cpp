#include "host/bots/bot_study.hpp"

#include <algorithm>
#include <set>

#include "host/study/schedule.hpp"
#include "host/study/untimed.hpp"

namespace tellina::bots {
namespace {

/// Of all groups, or the one schedule of a study without groups.
std::vector<Schedule> schedules_of(const Study& study) {
  std::vector<Schedule> schedules;
  for (const Group& group : study.design.groups) {
    GroupChoice choice;
    choice.group = group.name;
    choice.stage = study.design.stage;
    schedules.push_back(make_schedule(study, choice));
  }
  if (schedules.empty()) {
    GroupChoice choice;
    choice.stage = study.design.stage;
    schedules.push_back(make_schedule(study, choice));
  }
  return schedules;
}

const FlowStep* practice_with(const std::vector<FlowStep>& steps, int number) {
  for (const FlowStep& step : steps) {
    const auto& tasks = step.practice_tasks;
    const bool has_task = std::find(tasks.begin(), tasks.end(), number) != tasks.end();
    if (step.kind == StepKind::practice && step.until == FlowStep::Until::passed && has_task) return &step;
    for (const auto* const inner : {&step.steps, &step.between}) {
      if (const FlowStep* const found = practice_with(*inner, number)) return found;
    }
  }
  return nullptr;
}

}  // namespace

BotStudy::BotStudy(const Study& study) : m_study(study) {
  for (const Schedule& schedule : schedules_of(study)) {
    m_length = std::max(m_length, schedule.size());
    for (const ScheduleEntry& entry : schedule) {
      if (const FlowStep* const step = step_of(study, entry)) m_steps[entry.step_id] = step;
    }
  }
}

const FlowStep* BotStudy::find_step(const std::string& id) const {
  const auto found = m_steps.find(id);
  return found == m_steps.end() ? nullptr : found->second;
}

const Form* BotStudy::find_form(const FlowStep& step) const {
  return step.kind == StepKind::questionnaire ? m_study.design.find_form(step.form) : nullptr;
}

const Task* BotStudy::find_task(const std::string& id) const {
  const auto found = std::ranges::find(m_study.tasks, id, &Task::id);
  return found == m_study.tasks.end() ? nullptr : &*found;
}

const FlowStep* BotStudy::find_practice(const Task& task) const {
  return practice_with(m_study.design.flow, static_cast<int>(&task - m_study.tasks.data()) + 1);
}

std::vector<std::string> BotStudy::dead_ends() const {
  std::set<int> numbers;
  for (const Schedule& schedule : schedules_of(m_study)) {
    for (const ScheduleEntry& entry : schedule) {
      if (entry.kind == EntryKind::task) numbers.insert(entry.task);
    }
  }
  std::vector<std::string> lines;
  for (const int number : numbers) {
    const Task& task = m_study.tasks[static_cast<std::size_t>(number) - 1];
    const bool has_end = !task.solution.empty() || task.give_up_after || task.hand_in != HandIn::automatic ||
                         duration_of(m_study, task) != untimed;
    if (has_end) continue;
    lines.push_back(task.place + ": expected a \"solution\", a duration or \"give_up\" in task \"" + task.id +
                    "\", got none: a bot would never end it");
  }
  return lines;
}

}  // namespace tellina::bots
