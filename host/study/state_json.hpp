#pragma once

#include <optional>
#include <string>

#include "host/study/participant.hpp"
#include "host/study/task.hpp"

namespace tellina {

/// Which task is the participant's next or current one, from 1; one more than there are when finished.
int current_task_number(const ParticipantProgress& progress);

/// How much time the participant has for a running task: what it began with, or the study's where that is unknown.
std::chrono::nanoseconds duration_of(const Study& study, const TaskSessionRow& session);

/// The state object of the wire protocol and of GET /api/v1/study, as JSON text. Never holds an answer.
/// The time left of a running task is the duration less `latest->charged`, never negative, in seconds with fractions.
/// `previous` is the task that ended last; null before the first has ended and while a task runs. `outcomes`: all that
/// have ended.
std::string state_json(const Study& study, const ParticipantProgress& progress);

}  // namespace tellina
