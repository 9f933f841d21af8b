#pragma once

/// The study of the self-test: its three tasks, and the commands that its participant types.

#include <chrono>
#include <memory>

#include "host/study/task.hpp"
#include "tellina/clock.hpp"

namespace tellina {

/// Long enough for a command on a busy machine, and short enough to wait for.
inline constexpr std::chrono::seconds self_test_task_duration{5};

/// Prints a file that only a sandbox with the task's files has.
inline constexpr const char* self_test_output_command = "cat words/secret.txt";
/// Changes the home directory into the third task's answer.
inline constexpr const char* self_test_filesystem_command = "mv words/secret.txt done/";

/// Task 1 has type stdout, task 2 lets the time run out, task 3 has type filesystem. The file's content is random, so
/// that leftovers of an earlier run cannot pass a task.
std::shared_ptr<const Study> make_self_test_study(Random& random);

}  // namespace tellina
