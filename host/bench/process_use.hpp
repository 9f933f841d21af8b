#pragma once

/// What processes cost, from /proc.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <sys/types.h>

namespace tellina::bench {

/// `root` and those of its descendants that run the same program: a server without its shells and their helpers.
std::vector<pid_t> processes_of(pid_t root);
/// Processor time that the processes have used, to the nanosecond; those that have ended count as 0.
std::chrono::nanoseconds processor_time(const std::vector<pid_t>& processes);
/// Resident bytes, summed.
std::uint64_t resident_bytes(const std::vector<pid_t>& processes);
/// Of this process.
std::chrono::nanoseconds own_processor_time();

}  // namespace tellina::bench
