#include "host/study/schedule_position.hpp"

#include <algorithm>

#include "host/runtime/assertion.hpp"

namespace tellina {

SchedulePosition::SchedulePosition(const Study& study, const ParticipantProgress& progress)
    : m_study(study),
      m_progress(progress),
      m_schedule(progress.flow.schedule.empty() ? first_part(study) : progress.flow.schedule) {
  const bool has_ended = progress.flow.outcome && *progress.flow.outcome != Outcome::completed;
  if (has_ended) {
    m_outcome = progress.flow.outcome;
    return;
  }
  m_due_outcome = failed_practice();
  if (m_due_outcome) {
    m_outcome = m_due_outcome;
    return;
  }
  const auto next = std::ranges::find_if(m_schedule, [&](const ScheduleEntry& entry) { return !is_left(entry); });
  if (next == m_schedule.end()) {
    m_needs_group = !progress.flow.has_group && assignment_point(study.design).has_value();
    if (m_needs_group) return;
    m_outcome = Outcome::completed;
    if (!progress.flow.outcome) m_due_outcome = Outcome::completed;
    return;
  }
  m_current = &*next;
  if (m_current->kind == EntryKind::task) {
    const auto tries = std::ranges::count(progress.outcomes, m_current->position, &TaskOutcome::position);
    m_try_number = static_cast<int>(tries) + 1;
    return;
  }
  const ShownStep* const last = last_shown(m_current->position);
  if (last && !last->result) m_shown = last;
  m_try_number = !last ? 1 : m_shown ? last->try_number : last->try_number + 1;
}

const ShownStep* SchedulePosition::last_shown(int position) const {
  const auto& steps = m_progress.flow.steps;
  const auto last =
      std::find_if(steps.rbegin(), steps.rend(), [&](const ShownStep& step) { return step.position == position; });
  return last == steps.rend() ? nullptr : &*last;
}

bool SchedulePosition::is_left(const ScheduleEntry& entry) const {
  if (entry.kind == EntryKind::task) return is_task_left(entry);
  const ShownStep* const last = last_shown(entry.position);
  return last && last->result && *last->result != step_result::again && *last->result != step_result::back;
}

bool SchedulePosition::has_passed(const ScheduleEntry& entry) const {
  return std::ranges::any_of(m_progress.outcomes, [&](const TaskOutcome& outcome) {
    return outcome.position == entry.position && outcome.state == TaskSessionState::passed;
  });
}

int SchedulePosition::practice_tries(const ScheduleEntry& entry) const {
  return static_cast<int>(std::ranges::count_if(m_progress.outcomes, [&](const TaskOutcome& outcome) {
    return outcome.position == entry.position && outcome.state != TaskSessionState::interrupted;
  }));
}

bool SchedulePosition::is_task_left(const ScheduleEntry& entry) const {
  const auto& latest = m_progress.latest;
  if (latest && latest->state == TaskSessionState::running && latest->position == entry.position) return false;
  if (const FlowStep* step = entry.is_practice ? step_of(m_study, entry) : nullptr) {
    if (step->until == FlowStep::Until::passed) return has_passed(entry) || practice_tries(entry) >= step->tries;
  }
  if (std::ranges::any_of(m_progress.outcomes,
                          [&](const TaskOutcome& outcome) { return outcome.position == entry.position; })) {
    return true;
  }
  const auto rest = time_left_for(entry);
  return rest && *rest <= std::chrono::nanoseconds::zero();
}

std::optional<Outcome> SchedulePosition::failed_practice() const {
  for (const ScheduleEntry& entry : m_schedule) {
    const FlowStep* const step = entry.is_practice ? step_of(m_study, entry) : nullptr;
    if (!step || !step->outcome || has_passed(entry)) continue;
    const int tries = step->until == FlowStep::Until::passed ? step->tries : 1;
    if (practice_tries(entry) >= tries) return step->outcome;
  }
  return std::nullopt;
}

std::optional<std::chrono::nanoseconds> SchedulePosition::time_left_for(const ScheduleEntry& entry) const {
  const auto limit = entry.kind == EntryKind::task ? block_limit(m_study, entry) : std::nullopt;
  if (!limit) return std::nullopt;
  std::chrono::nanoseconds rest = *limit;
  for (const TaskOutcome& outcome : m_progress.outcomes) {
    const ScheduleEntry* const other = entry_at(outcome.position);
    const bool is_same_block =
        other && !other->is_practice && other->step_id == entry.step_id && other->block == entry.block;
    if (is_same_block) rest -= outcome.charged;
  }
  return rest;
}

const ScheduleEntry* SchedulePosition::entry_at(int position) const {
  const auto found = std::ranges::find(m_schedule, position, &ScheduleEntry::position);
  return found == m_schedule.end() ? nullptr : &*found;
}

std::optional<std::chrono::nanoseconds> SchedulePosition::time_left_in_block() const {
  return m_current ? time_left_for(*m_current) : std::nullopt;
}

int SchedulePosition::task_number_at(int position) const {
  const ScheduleEntry* const task = entry_at(position);
  if (!task || task->kind != EntryKind::task) return 0;
  return static_cast<int>(std::ranges::count_if(m_schedule, [&](const ScheduleEntry& entry) {
    return entry.kind == EntryKind::task && entry.is_practice == task->is_practice && entry.position <= position;
  }));
}

int SchedulePosition::task_number() const { return m_current ? task_number_at(m_current->position) : 0; }

int SchedulePosition::task_count() const {
  const bool is_practice = m_current && m_current->is_practice;
  return is_practice ? count_tasks(m_schedule, true) - count_tasks(m_schedule, false) : count_tasks(m_schedule, false);
}

std::optional<std::chrono::nanoseconds> SchedulePosition::time_until_solution(std::chrono::nanoseconds charged) const {
  const FlowStep* const step = m_current && m_current->is_practice ? step_of(m_study, *m_current) : nullptr;
  if (!step || !step->solution_after) return std::nullopt;
  if (m_study.tasks[static_cast<std::size_t>(m_current->task) - 1].solution.empty()) return std::nullopt;
  return std::max(*step->solution_after - charged, std::chrono::nanoseconds::zero());
}

PlannedTask SchedulePosition::planned_task() const {
  TELLINA_ASSERT(m_current && m_current->kind == EntryKind::task);
  PlannedTask planned;
  planned.number = m_current->task;
  planned.place.position = m_current->position;
  planned.place.try_number = m_try_number;
  planned.place.period = m_current->period;
  planned.place.block = m_current->block;
  planned.place.treatment = m_current->treatment;
  planned.place.is_practice = m_current->is_practice;
  planned.time_left_in_block = time_left_in_block();
  return planned;
}

}  // namespace tellina
