#pragma once

/// Where a participant is in their schedule.

#include <chrono>
#include <optional>

#include "host/study/participant.hpp"
#include "host/study/schedule.hpp"
#include "host/study/task.hpp"

namespace tellina {

/// A task that is about to start.
class PlannedTask {
 public:
  PlannedTask() = default;
  int number = 0;  ///< in Study::tasks, from 1
  TaskPlace place;
  /// How much of its block's time is left; nothing if there is no limit.
  std::optional<std::chrono::nanoseconds> time_left_in_block{};
};

/// Derived from the study and from the record alone, so a server that continues after another one finds the same. The
/// study must outlive it.
class SchedulePosition {
 public:
  SchedulePosition(const Study& study, const ParticipantProgress& progress);

  /// As far as it is known: without a group, up to assignment_point().
  const Schedule& schedule() const { return m_schedule; }
  /// The first entry that the participant has not left. Null if an outcome has ended the study, or if no entry is left
  /// in the known part of the schedule.
  const ScheduleEntry* current() const { return m_current; }
  /// The next try at the current entry, or the one that is under way. 0 without a current entry.
  int try_number() const { return m_try_number; }
  /// Whether the current entry is a screen that the participant has been shown and has not left.
  bool is_shown() const { return m_shown != nullptr; }
  /// When it was shown. Only if is_shown().
  MonotonicTime shown_at() const { return m_shown->shown_at; }

  /// Whether the participant has to get a group now.
  bool needs_group() const { return m_needs_group; }
  /// The outcome that is due and not recorded yet.
  std::optional<Outcome> due_outcome() const { return m_due_outcome; }
  /// The recorded outcome, or the one that is due. A participant who had completed a study that has got more tasks
  /// since then continues.
  std::optional<Outcome> outcome() const { return m_outcome; }

  /// The number of the current task on the wire: its place among the tasks of the schedule, from 1; practice tasks are
  /// counted on their own. 0 if the current entry is no task.
  int task_number() const;
  /// How many tasks of the current task's kind (practice or not) the schedule has; without a current task, not
  /// practice.
  int task_count() const;
  /// The wire's number of the task at this position of the schedule.
  int task_number_at(int position) const;

  /// For the current task, without the time charged to a running one. Nothing if there is no limit.
  std::optional<std::chrono::nanoseconds> time_left_in_block() const;
  /// Only if the current entry is a task.
  PlannedTask planned_task() const;
  /// How long until the participant may see the current task's solution, if `charged` of its time is used; zero: now.
  /// Nothing if the study never shows it.
  std::optional<std::chrono::nanoseconds> time_until_solution(std::chrono::nanoseconds charged) const;

 private:
  bool is_left(const ScheduleEntry& entry) const;
  bool is_task_left(const ScheduleEntry& entry) const;
  std::optional<std::chrono::nanoseconds> time_left_for(const ScheduleEntry& entry) const;
  /// The last tries at practice tasks that count: those that no fault of ours has interrupted.
  int practice_tries(const ScheduleEntry& entry) const;
  bool has_passed(const ScheduleEntry& entry) const;
  std::optional<Outcome> failed_practice() const;
  const ShownStep* last_shown(int position) const;
  const ScheduleEntry* entry_at(int position) const;

  const Study& m_study;
  const ParticipantProgress& m_progress;
  Schedule m_schedule;
  const ScheduleEntry* m_current = nullptr;
  const ShownStep* m_shown = nullptr;
  int m_try_number = 0;
  bool m_needs_group = false;
  std::optional<Outcome> m_due_outcome;
  std::optional<Outcome> m_outcome;
};

}  // namespace tellina
