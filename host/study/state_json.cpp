#include "host/study/state_json.hpp"

#include <algorithm>
#include <boost/json.hpp>

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

boost::json::value task_json(const Study& study, const ParticipantProgress& progress, int number) {
  const Task& task = study.tasks[static_cast<std::size_t>(number) - 1];
  boost::json::value time_left;
  const bool runs = is_running(progress);
  const std::chrono::nanoseconds duration = runs ? duration_of(study, *progress.latest) : study.task_duration;
  if (runs) time_left = in_seconds(std::max(duration - progress.latest->charged, std::chrono::nanoseconds::zero()));
  return boost::json::object{{"number", number},
                             {"total", study.tasks.size()},
                             {"type", to_string(task.type)},
                             {"description", replace_invalid_utf8(task.description)},
                             {"duration_in_seconds", in_seconds(duration)},
                             {"time_left_in_seconds", std::move(time_left)},
                             {"clock_stands", runs && progress.latest->clock_stands},
                             {"terminal_replaced", runs && progress.latest->sandbox_replaced},
                             {"hand_in", to_string(task.hand_in)},
                             {"tries_left", tries_left(task, progress)}};
}

}  // namespace

std::chrono::nanoseconds duration_of(const Study& study, const TaskSessionRow& session) {
  return session.duration > std::chrono::nanoseconds::zero() ? session.duration : study.task_duration;
}

int current_task_number(const ParticipantProgress& progress) {
  if (!progress.latest) return 1;
  return progress.latest->task_number + (is_running(progress) ? 0 : 1);
}

std::string state_json(const Study& study, const ParticipantProgress& progress) {
  const int number = current_task_number(progress);
  const bool is_finished = number < 1 || static_cast<std::size_t>(number) > study.tasks.size();
  boost::json::object state;
  state["state"] = is_finished ? "finished" : is_running(progress) ? "running" : "ready";
  state["state_number"] = progress.state_number;
  state["task"] = is_finished ? boost::json::value() : task_json(study, progress, number);
  if (progress.latest && !is_running(progress)) {
    state["previous"] = {{"number", progress.latest->task_number},
                         {"state", visible_state(study, progress.latest->task_number, progress.latest->state)}};
  } else {
    state["previous"] = nullptr;
  }
  boost::json::array& outcomes = state["outcomes"].emplace_array();
  for (const TaskOutcome& outcome : progress.outcomes) {
    outcomes.push_back(
        {{"number", outcome.task_number}, {"state", visible_state(study, outcome.task_number, outcome.state)}});
  }
  return boost::json::serialize(state);
}

}  // namespace tellina
