#include "host/study/state_json.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/study/schedule_position.hpp"
#include "host/study/step_json.hpp"
#include "host/study/task_offers.hpp"
#include "host/text/utf8.hpp"

namespace tellina {
namespace {

bool is_running(const ParticipantProgress& progress) {
  return progress.latest && progress.latest->state == TaskSessionState::running;
}

/// A whole number if possible, because Boost.JSON writes 60.0 as 6E1.
boost::json::value in_seconds(std::chrono::nanoseconds duration) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(duration);
  if (whole == duration) return whole.count();
  return std::chrono::duration<double>(duration).count();
}

/// What the participant may know of an outcome: a task without feedback that was handed in does not say whether it
/// passed.
const char* visible_state(const Study& study, int task_number, TaskSessionState state) {
  const auto index = static_cast<std::size_t>(task_number) - 1;
  const bool is_hidden = state == TaskSessionState::passed && index < study.tasks.size() &&
                         study.tasks[index].feedback == Feedback::none && study.tasks[index].hand_in == HandIn::button;
  return to_string(is_hidden ? TaskSessionState::handed_in : state);
}

boost::json::value tries_left(const Task& task, const ParticipantProgress& progress) {
  if (task.hand_in == HandIn::automatic) return nullptr;
  return task.tries - (is_running(progress) ? progress.latest->hand_ins : 0);
}

boost::json::value treatment_json(const Study& study, const ScheduleEntry& entry) {
  const Treatment* const treatment = treatment_of(study, entry);
  if (!treatment) return nullptr;
  boost::json::array links;
  for (const Link& link : treatment->links) links.push_back({{"title", link.title}, {"url", link.url}});
  return {{"title", treatment->title},
          {"text", replace_invalid_utf8(treatment->text.for_period(names_of(entry)))},
          {"links", std::move(links)}};
}

/// Where the task stands in a block with a clock; null without one.
boost::json::value block_json(const SchedulePosition& position, std::chrono::nanoseconds charged) {
  const auto rest = position.time_left_in_block();
  if (!rest) return nullptr;
  const ScheduleEntry& current = *position.current();
  int number = 0;
  int total = 0;
  for (const ScheduleEntry& entry : position.schedule()) {
    if (entry.step_id != current.step_id) continue;
    ++total;
    if (entry.position <= current.position) ++number;
  }
  return {{"number", number},
          {"total", total},
          {"time_left_in_seconds", in_seconds(std::max(*rest - charged, std::chrono::nanoseconds::zero()))}};
}

boost::json::value try_json(const Study& study, const SchedulePosition& position) {
  const FlowStep* const step = position.current()->is_practice ? step_of(study, *position.current()) : nullptr;
  const bool has_more = step && step->until == FlowStep::Until::passed;
  return {{"number", position.try_number()}, {"of", has_more ? step->tries : 1}};
}

/// Null if the task has no end.
boost::json::value duration_json(std::chrono::nanoseconds duration) {
  return duration == untimed ? boost::json::value() : in_seconds(duration);
}

boost::json::value task_json(const Study& study, const ParticipantProgress& progress,
                             const SchedulePosition& position) {
  const ScheduleEntry& entry = *position.current();
  const Task& task = study.tasks[static_cast<std::size_t>(entry.task) - 1];
  boost::json::value time_left;
  const bool runs = is_running(progress);
  const auto charged = runs ? progress.latest->charged : std::chrono::nanoseconds::zero();
  const std::chrono::nanoseconds duration =
      runs ? duration_of(study, *progress.latest) : duration_of(study, position.planned_task());
  if (runs && duration != untimed)
    time_left = in_seconds(std::max(duration - charged, std::chrono::nanoseconds::zero()));
  const auto until_give_up = time_until_give_up(task, charged);
  const auto until_solution = position.time_until_solution(charged);
  const bool is_revealed = runs || task.reveal == Reveal::before_start;
  return boost::json::object{
      {"number", position.task_number()},
      {"total", position.task_count()},
      {"id", task.id},
      {"title", replace_invalid_utf8(task.title)},
      {"type", to_string(task.type)},
      {"description", is_revealed ? replace_invalid_utf8(task.description) : ""},
      {"expected", is_revealed ? replace_invalid_utf8(task.expected) : ""},
      {"feedback", to_string(task.feedback)},
      {"give_up", until_give_up.has_value()},
      {"give_up_in_seconds", until_give_up ? in_seconds(*until_give_up) : boost::json::value()},
      {"start_over", task.may_start_over},
      {"duration_in_seconds", duration_json(duration)},
      {"time_left_in_seconds", std::move(time_left)},
      {"clock_stands", runs && progress.latest->clock_stands},
      {"terminal_replaced", runs && progress.latest->sandbox_replaced},
      {"hand_in", to_string(task.hand_in)},
      {"tries_left", tries_left(task, progress)},
      {"practice", entry.is_practice},
      {"try", try_json(study, position)},
      {"solution_in_seconds", until_solution ? in_seconds(*until_solution) : boost::json::value()},
      {"treatment", treatment_json(study, entry)},
      {"block", block_json(position, charged)}};
}

const char* state_name(const ParticipantProgress& progress, const SchedulePosition& position) {
  if (position.needs_group()) return "step";
  if (!position.current()) return "finished";
  if (position.current()->kind != EntryKind::task) return "step";
  return is_running(progress) ? "running" : "ready";
}

const char* withdrawal_name(Withdrawal withdrawal) {
  constexpr const char* names[] = {"off", "keep", "delete", "ask"};
  return names[static_cast<std::size_t>(withdrawal)];
}

}  // namespace

std::chrono::nanoseconds duration_of(const Study& study, const TaskSessionRow& session) {
  if (session.duration > std::chrono::nanoseconds::zero()) return session.duration;
  return duration_of(study, study.tasks.at(static_cast<std::size_t>(session.task_number) - 1));
}

std::chrono::nanoseconds duration_of(const Study& study, const PlannedTask& planned) {
  const std::chrono::nanoseconds own = duration_of(study, study.tasks.at(static_cast<std::size_t>(planned.number) - 1));
  return std::min(own, planned.time_left_in_block.value_or(own));
}

std::string state_json(const Study& study, const ParticipantProgress& progress, MonotonicTime now) {
  const SchedulePosition position(study, progress);
  const std::string_view name = state_name(progress, position);
  const bool is_task = position.current() && position.current()->kind == EntryKind::task;
  boost::json::object state;
  state["state"] = name;
  state["state_number"] = progress.state_number;
  state["task"] = is_task ? task_json(study, progress, position) : boost::json::value();
  state["previous"] = nullptr;
  if (progress.latest && !is_running(progress)) {
    const auto entry = std::ranges::find(position.schedule(), progress.latest->position, &ScheduleEntry::position);
    state["previous"] = {{"number", position.task_number_at(progress.latest->position)},
                         {"state", visible_state(study, progress.latest->task_number, progress.latest->state)}};
    const bool is_practice = entry != position.schedule().end() && entry->is_practice;
    if (is_practice) state["previous"].as_object()["practice"] = true;
  }
  boost::json::array& outcomes = state["outcomes"].emplace_array();
  for (const TaskOutcome& outcome : progress.outcomes) {
    const auto entry = std::ranges::find(position.schedule(), outcome.position, &ScheduleEntry::position);
    if (entry != position.schedule().end() && entry->is_practice) continue;
    outcomes.push_back({{"number", position.task_number_at(outcome.position)},
                        {"state", visible_state(study, outcome.task_number, outcome.state)}});
  }
  state["study"] = {{"title", study.title}, {"contact", study.contact}, {"trial_run", study.design.stage != "main"}};
  state["withdrawal"] = withdrawal_name(study.design.withdrawal);
  if (name == "step") state["step"] = step_json(study, progress, position, now);
  if (name == "finished") add_completion(study, progress.flow, state);
  return boost::json::serialize(state);
}

}  // namespace tellina
