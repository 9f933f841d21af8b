#pragma once

/// The sequence of steps that one participant gets.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/study/assignment.hpp"
#include "host/study/design.hpp"
#include "host/study/task.hpp"

namespace tellina {

enum class EntryKind : std::uint8_t { consent, page, questionnaire, pause, task };

/// As the store and the wire spell it; `pause` is "break".
std::string_view to_string(EntryKind kind);
std::optional<EntryKind> entry_kind_named(std::string_view name);

/// One thing to do: a screen or a task. The store keeps all members, and they suffice to find what belongs to the
/// entry.
struct ScheduleEntry {
  int position = 0;  ///< in the participant's schedule, from 1
  /// FlowStep::id; in periods and between them followed by "." and the number of the period, so that only the tasks of
  /// one step share an id.
  std::string step_id;
  EntryKind kind = EntryKind::task;
  int task = 0;           ///< number in Study::tasks; 0 if it is no task
  int period = 0;         ///< from 1; 0: outside of periods
  std::string block;      ///< the period's, or that of a task; "all" for the tasks of "*"; may be empty
  std::string treatment;  ///< the period's; empty: none
  bool is_practice = false;
  bool operator==(const ScheduleEntry&) const = default;
};

using Schedule = std::vector<ScheduleEntry>;

/// Whether the study has other steps than all of its tasks in order, or participants need a group.
bool needs_flow(const Study& study);

/// The id of the step before which participants get their group: as configured, or the first `periods`, or the first
/// block whose order is not fixed. Nothing if no step needs a group.
std::optional<std::string> assignment_point(const Design& design);

/// The entries before assignment_point(): the same for all participants. All entries if there is no such point.
Schedule first_part(const Study& study);

/// All entries of a participant; they begin with first_part(). `choice.group` must be one of the study.
Schedule make_schedule(const Study& study, const GroupChoice& choice);

/// The step that an entry comes from. Null if the study has changed and lacks it; null for the tasks of a study without
/// a flow.
const FlowStep* step_of(const Study& study, const ScheduleEntry& entry);

/// What `{block}`, `{treatment}` and `{period}` are in the texts of the entry.
PeriodNames names_of(const ScheduleEntry& entry);

/// The text of a consent, page, questionnaire or break, in Markdown. Empty for a task.
std::string text_of(const Study& study, const ScheduleEntry& entry);

/// The title of a step or form. May be empty.
std::string title_of(const Study& study, const ScheduleEntry& entry);

/// The form of a questionnaire, its options and rows in this participant's order; `participant` is any text that is the
/// participant's own and never changes, such as their id. Nothing if the entry is no questionnaire of the study.
std::optional<Form> form_of(const Study& study, const ScheduleEntry& entry, std::string_view participant);

/// The treatment that the page shows beside a task. Null if there is none.
const Treatment* treatment_of(const Study& study, const ScheduleEntry& entry);

/// The limit of the time that the tasks of the entry's block may use together. Nothing for practice.
std::optional<std::chrono::nanoseconds> block_limit(const Study& study, const ScheduleEntry& entry);

/// The number of tasks in the schedule that are not practice; with practice, if so asked.
int count_tasks(const Schedule& schedule, bool with_practice);

}  // namespace tellina
