#pragma once

namespace tellina::sandbox_common {

/// Files of /proc that describe the machine and not the session. They are empty in a sandbox.
inline constexpr const char* hidden_files[] = {
    "/proc/cmdline",    "/proc/diskstats",     "/proc/interrupts", "/proc/kallsyms",    "/proc/kcore",     "/proc/keys",
    "/proc/kpagecount", "/proc/latency_stats", "/proc/partitions", "/proc/sched_debug", "/proc/timer_list"};

}  // namespace tellina::sandbox_common
