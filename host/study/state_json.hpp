#pragma once

#include <optional>
#include <string>

#include "host/store/records.hpp"
#include "host/study/task.hpp"

namespace tellina {

/// Which task is the participant's next or current one, from 1; tasks.size() + 1 when finished.
int current_task_number(const ParticipantProgress& progress);

/// The state object of the wire protocol and of GET /api/v1/study, as JSON text. Never holds an answer.
/// The time left of a running task is the duration less `latest->charged`, never negative, in seconds with fractions.
std::string state_json(const Study& study, const ParticipantProgress& progress);

}  // namespace tellina
