#pragma once

#include <boost/json/object.hpp>

#include "host/study/schedule_position.hpp"

namespace tellina {

/// The member `step` of the state object (docs/protocol.md): the screen that the participant has to leave next. Only if
/// the current entry is no task, or if the group is being chosen.
boost::json::object step_json(const Study& study, const ParticipantProgress& progress, const SchedulePosition& position,
                              MonotonicTime now);

/// Adds `outcome`, `text`, `code` and `redirect` of a finished study. They are null or empty until the
/// outcome is recorded.
void add_completion(const Study& study, const FlowRecord& flow, boost::json::object& state);

}  // namespace tellina
