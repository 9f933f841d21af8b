#pragma once

#include "host/config/tree_reader.hpp"
#include "host/study/task.hpp"
#include "tellina/config.hpp"

namespace tellina {

/// The key `feedback` of the study or of a task, which fits the schema.
Feedback read_feedback(const Config& section, Feedback unless_given);

/// `value` fits the schema's task. What can't be built goes to the diagnostics of `trees`. `study_feedback`: of a task
/// that names none.
Task read_task(const Config& value, TreeReader& trees, Feedback study_feedback);

}  // namespace tellina
