#pragma once

#include "host/config/tree_reader.hpp"
#include "host/study/task.hpp"
#include "tellina/config.hpp"

namespace tellina {

/// `value` fits the schema's task. What can't be built goes to the complaints of `trees`.
Task read_task(const Config& value, TreeReader& trees);

}  // namespace tellina
