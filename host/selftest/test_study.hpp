#pragma once

/// The study of the self-test: what its three tasks are, and what its participant types.

#include <chrono>
#include <memory>

#include "host/study/task.hpp"
#include "tellina/clock.hpp"

namespace tellina {

/// Long enough for a command on a busy machine, short enough to wait for its end.
inline constexpr std::chrono::seconds self_test_task_duration{5};

/// Prints a file that only a sandbox with the task's files has.
inline constexpr const char* self_test_output_command = "cat words/secret.txt";
/// Makes the home what the third task's answer says.
inline constexpr const char* self_test_filesystem_command = "mv words/secret.txt done/";

/// Task 1 has type stdout, task 2 is for running out of time, task 3 has type filesystem. The file's content is
/// random, so that what an earlier run left behind passes nothing.
std::shared_ptr<const Study> make_self_test_study(Random& random);

}  // namespace tellina
