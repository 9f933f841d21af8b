#pragma once

/// Figures about echoed keys: the latency of each, the throughput, and lost keys.

#include "host/bench/sample.hpp"
#include "host/bench/session_group.hpp"

namespace tellina::bench {

class TypingPlan {
 public:
  TypingPlan() = default;
  Nanoseconds duration{0};
  double keys_per_second = 0;  ///< of each session; 0: each key waits for the echo of the previous one
};

/// Every session types into a program that echoes each byte in raw mode, and compares the echo. With a rate, keys are
/// sent on schedule, without waiting for echoes. The latency of a key counts from the time when it was due, even if it
/// was sent late, so a stall counts for all keys that it delayed.
Sample measure_typing(const std::string& figure, SessionGroup& group, const TypingPlan& plan, Progress& progress);

/// One session pastes this many bytes at once into such a program.
Sample measure_paste(SessionGroup& group, std::size_t bytes, Progress& progress);

}  // namespace tellina::bench
