#pragma once

#include <optional>
#include <string>

#include "host/study/participant.hpp"
#include "host/study/task.hpp"

namespace tellina {

/// The number, from 1, of the participant's current or next task; one more than the number of tasks after the last one.
int current_task_number(const ParticipantProgress& progress);

/// A running task's duration: the one that it began with, or the study's if that is unknown.
std::chrono::nanoseconds duration_of(const Study& study, const TaskSessionRow& session);

/// The state object of the wire protocol and of GET /api/v1/study, as JSON text. It never contains an answer. The time
/// left of a running task is the duration less `latest->charged`, never negative, in seconds with fractions. `previous`
/// is the task that ended last; null before the first has ended and while a task runs. `outcomes`: all ended tasks.
std::string state_json(const Study& study, const ParticipantProgress& progress);

}  // namespace tellina
