#pragma once

/// Resource use of processes, from /proc.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <sys/types.h>

namespace tellina::bench {

/// Returns `root` and its descendants that run the same program: the server's processes, but not its shells.
std::vector<pid_t> processes_of(pid_t root);
/// Processor time of the processes, in nanoseconds; ended processes count as 0.
std::chrono::nanoseconds processor_time(const std::vector<pid_t>& processes);
/// Sum of the resident memory, in bytes.
std::uint64_t resident_bytes(const std::vector<pid_t>& processes);
/// Processor time of this process.
std::chrono::nanoseconds own_processor_time();

}  // namespace tellina::bench
