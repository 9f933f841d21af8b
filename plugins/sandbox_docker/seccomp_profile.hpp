#pragma once

#include <string>

namespace tellina::docker_sandbox {

/// The system call filter of a sandbox in the engine's JSON format, made from the lists in
/// sandbox_common/system_calls.hpp. Throws Error(internal) if it can't be made.
std::string make_seccomp_profile();

}  // namespace tellina::docker_sandbox
