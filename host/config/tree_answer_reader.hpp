#pragma once

#include "host/config/tree_reader.hpp"
#include "host/study/task.hpp"
#include "tellina/config.hpp"

namespace tellina {

/// Reads the answer of a `filesystem` task, which must fit the schema: a tree, or `$changes` of the initial tree. The
/// task's `initial` and `root` have been read.
void read_tree_answer(const Config& answer, Task& task, TreeReader& trees);

}  // namespace tellina
