#pragma once

#include <string>
#include <vector>

#include "plugins/sandbox_common/deadline.hpp"

namespace tellina::chroot_sandbox {

/// Runs newuidmap or newgidmap with an empty environment and waits for its end, at most five seconds and until the
/// deadline; then it is killed. `words`: the path of the program and its arguments. Threads: any.
///
/// Throws Error(busy) where no process can be made now, Error(timed_out), Error(gone) when interrupted, and
/// Error(unavailable) with what the program printed where it fails.
void run_mapper(std::vector<std::string> words, const sandbox_common::Deadline& deadline);

}  // namespace tellina::chroot_sandbox
