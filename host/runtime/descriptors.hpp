#pragma once

/// The limit on the file descriptors of this process (RLIMIT_NOFILE).

#include <cstddef>

namespace tellina {

/// Raises the soft limit to the hard one and returns the limit that is in force then. Programs that this process starts
/// inherit it: a program that may use select(2) needs a lower one, see sdk/template/sandbox/supervisor.cpp.
std::size_t raise_descriptor_limit();

}  // namespace tellina
