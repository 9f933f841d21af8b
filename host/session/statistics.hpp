#pragma once

/// What the sessions of one loop count for /metrics.

#include <cstdint>

#include "host/runtime/histogram.hpp"

namespace tellina {

/// Threads: the loop's.
class SessionStatistics {
 public:
  /// From the arrival of input at the session to the next output of its terminal. Input that prints nothing counts
  /// until something else does.
  Histogram key_to_echo;
  Histogram sandbox_start;            ///< of those that came to something
  std::int64_t sandbox_failures = 0;  ///< starts that did not
  std::int64_t sandboxes_starting = 0;
  std::int64_t sandboxes_there = 0;    ///< started and not being removed
  std::int64_t sandboxes_ready = 0;    ///< of them: made ahead, and not used yet
  std::int64_t sandboxes_leaving = 0;  ///< being removed
};

}  // namespace tellina
