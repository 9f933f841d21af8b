#pragma once

/// The clock of the benchmark.

#include <chrono>

#include "host/runtime/system.hpp"

namespace tellina::bench {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

/// How long a server may take to answer a request or to open a connection.
inline constexpr std::chrono::seconds answer_limit{30};

/// A clock for the client's deadlines; the client gets its clock from its user.
inline const tellina::Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace tellina::bench
