#pragma once

#include <optional>
#include <string>

#include "host/study/participant.hpp"
#include "host/study/schedule_position.hpp"
#include "host/study/task.hpp"

namespace tellina {

/// A running task's duration: the one that it began with, or the task's if that is unknown. The task is one of the
/// study's.
std::chrono::nanoseconds duration_of(const Study& study, const TaskSessionRow& session);
/// How long the participant has for a task that is about to start.
std::chrono::nanoseconds duration_of(const Study& study, const PlannedTask& planned);

/// The state object of the wire protocol and of GET /api/v1/study, as JSON text. It never contains an answer of a task.
/// The time left of a running task is the duration less `latest->charged`, never negative, in seconds with fractions.
/// `previous` is the task that ended last; null before the first has ended and while a task runs. `outcomes`: all ended
/// tasks.
std::string state_json(const Study& study, const ParticipantProgress& progress, MonotonicTime now);

}  // namespace tellina
