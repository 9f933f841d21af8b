#pragma once

/// What the record says about a home besides its files. Pure.

#include <optional>

#include "host/study/progress.hpp"
#include "host/study/task.hpp"

namespace tellina {

/// Whether the states of homes say something about such a task: one of files, or one of output that names them.
bool has_states(const Task& task);

/// How far a home, or an output, is from the answer: missing and incorrect things, and extra ones where the task
/// refuses them. With a score, 1 less the score. If a checker counts nothing, 0 if it passes and otherwise 1.
double distance_of(const Task& task, const Progress& progress);

/// What a check would say before the first command; nothing if only the checker knows.
std::optional<Progress> verdict_at_start(const Task& task, const FileTree& home);

}  // namespace tellina
