#pragma once

#include "host/config/diagnostics.hpp"
#include "host/study/task.hpp"
#include "tellina/config.hpp"

namespace tellina {

/// Reads `root`, `match`, `answer` and what belongs to them from a task of the type `stdout` or `file_search`, which
/// must fit the schema, into a task whose type and initial tree are set. Reports an answer of another kind than the
/// match wants, a path that the initial tree lacks, and a wrong expression.
void read_output_answer(const Config& value, Task& task, Diagnostics& diagnostics);

/// The key `root` of a task as a name of the home (see HomeNames). Reports one that leads out of the home, and one that
/// is no directory of the initial tree.
Bytes read_root(const Config& value, const FileTree& initial, Diagnostics& diagnostics);

}  // namespace tellina
