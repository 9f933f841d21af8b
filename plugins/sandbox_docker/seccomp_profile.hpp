#pragma once

#include <string>

namespace tellina::docker_sandbox {

/// The system call filter of a sandbox as the engine takes it (JSON): the lists of sandbox_common/system_calls.hpp.
/// Throws Error(internal) where it can't be made.
std::string make_seccomp_profile();

}  // namespace tellina::docker_sandbox
