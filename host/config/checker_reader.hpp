#pragma once

#include <string>

#include "host/config/diagnostics.hpp"
#include "host/study/task.hpp"
#include "tellina/config.hpp"

namespace tellina {

/// Reads `hand_in` and `tries` of a task, whose feedback must be known. `value` must fit the schema.
void read_hand_in(const Config& value, Task& task, Diagnostics& diagnostics);

/// Reads `check` of a task of the type `command`, after read_hand_in(). `folder`: of the configuration. Returns a
/// digest of the files of the checker; empty if it has no folder or the folder cannot be read.
std::string read_checker(const Config& value, const std::string& folder, Task& task, Diagnostics& diagnostics);

}  // namespace tellina
