#pragma once

/// Figures of sessions that begin or only exist.

#include "host/bench/sample.hpp"
#include "host/bench/session_group.hpp"

namespace tellina::bench {

/// From the request that starts a task (or a bare connection) to the prompt, so many times, one after another, each
/// with a pause before it in which a pool fills again.
Sample measure_prompt(Target& target, std::size_t times, std::chrono::milliseconds pause, Progress& progress);

/// What `group`'s sessions that do nothing cost in resident memory, the sandboxes apart, against `before` without
/// them.
Sample measure_memory(SessionGroup& group, std::uint64_t before);

}  // namespace tellina::bench
