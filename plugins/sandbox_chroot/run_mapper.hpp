#pragma once

#include <string>
#include <vector>

#include "plugins/sandbox_common/deadline.hpp"

namespace tellina::chroot_sandbox {

/// Runs newuidmap or newgidmap with an empty environment and waits for its end: at most five seconds, and at most until
/// the deadline. Then it kills the program. `words`: the program's path and its arguments. Threads: any.
///
/// Throws Error(busy) if no process can be created now, Error(timed_out), Error(gone) if interrupted, and
/// Error(unavailable) with the program's output if it fails.
void run_mapper(std::vector<std::string> words, const sandbox_common::Deadline& deadline);

}  // namespace tellina::chroot_sandbox
