#pragma once

#include "host/config/text_reader.hpp"
#include "host/config/tree_reader.hpp"
#include "host/study/task.hpp"
#include "tellina/config.hpp"

namespace tellina {

/// Reads the key `feedback` of the study or of a task, which must fit the schema.
Feedback read_feedback(const Config& section, Feedback unless_given);

/// `value` must fit the schema's task. Errors go to the diagnostics of `trees` and `texts`. `number`: from 1, in the
/// study. `folder`: of the configuration. `study_feedback`: for a task that names none.
Task read_task(const Config& value, std::size_t number, const std::string& folder, TreeReader& trees, TextReader& texts,
               Feedback study_feedback);

}  // namespace tellina
