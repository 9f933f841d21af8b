#pragma once

/// Figures about starting sessions and about idle sessions.

#include "host/bench/sample.hpp"
#include "host/bench/session_group.hpp"

namespace tellina::bench {

/// Measures `times` times the time from the request that starts a task (or a bare connection) to the prompt. Before
/// each start is a pause in which the pool fills again.
Sample measure_prompt(Target& target, std::size_t times, std::chrono::milliseconds pause, Progress& progress);

/// The resident memory of `group`'s idle sessions, without their sandboxes, compared with `before`, the memory without
/// these sessions.
Sample measure_memory(SessionGroup& group, std::uint64_t before);

}  // namespace tellina::bench
