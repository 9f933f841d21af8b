#pragma once

/// What the sessions of one loop count for /metrics.

#include <cstdint>

#include "host/runtime/histogram.hpp"

namespace tellina {

/// Threads: the loop's.
class SessionStatistics {
 public:
  /// The time from the arrival of input at the session to the next output of its terminal. If input prints nothing, the
  /// time runs until other output.
  Histogram key_to_echo;
  Histogram sandbox_start;            ///< of successful starts
  std::int64_t sandbox_failures = 0;  ///< failed starts
  std::int64_t sandboxes_starting = 0;
  std::int64_t sandboxes_there = 0;    ///< started and not yet being removed
  std::int64_t sandboxes_ready = 0;    ///< of these: prewarmed and not yet used
  std::int64_t sandboxes_leaving = 0;  ///< being removed
};

}  // namespace tellina
