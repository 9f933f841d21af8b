#pragma once

/// What a checker finds when it runs. Pure.

#include "host/study/task.hpp"
#include "tellina/sandbox.hpp"

namespace tellina {

/// Sets the program, the folder, the limits and the options of a run. `commands`: lines of command_line_of().
void prepare_checker_run(RunSpec& run, const Task& task, Bytes commands);

/// Whether a file of this home has no content here.
bool lacks_content(const FileNode& home);

}  // namespace tellina
