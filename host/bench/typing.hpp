#pragma once

/// Figures of keys that are echoed: how long each takes, how many fit into a second, whether all come back.

#include "host/bench/sample.hpp"
#include "host/bench/session_group.hpp"

namespace tellina::bench {

class TypingPlan {
 public:
  TypingPlan() = default;
  Nanoseconds duration{0};
  double keys_per_second = 0;  ///< of each session; 0: the next key when the echo of the last is back
};

/// Every session types at a program that sends back each byte, in raw mode, and compares. With a rate the loop is open:
/// a key counts from when it was due, however late it could be sent, so that a stall counts for all keys that it held
/// up.
Sample measure_typing(const std::string& figure, SessionGroup& group, const TypingPlan& plan, Progress& progress);

/// One session pastes so much at once into such a program.
Sample measure_paste(SessionGroup& group, std::size_t bytes, Progress& progress);

}  // namespace tellina::bench
