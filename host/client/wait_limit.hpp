#pragma once

/// When a client stops waiting.

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "tellina/clock.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::client {

/// A deadline, and optionally somebody who may end the wait before it.
///
/// Threads: one; the stop may be requested on any. Lifetime: the clock outlives it.
class WaitLimit {
 public:
  /// `limit` counts from now. Throws ClientFailure where the kernel has no descriptor left.
  WaitLimit(const Clock& clock, std::chrono::nanoseconds limit, std::stop_token stop = {});
  WaitLimit(const WaitLimit&) = delete;
  WaitLimit& operator=(const WaitLimit&) = delete;

  /// Waits until the descriptor is ready for the events (of poll). Throws ClientFailure at the deadline, with `what` in
  /// its text, and where a stop was requested.
  void wait(int descriptor, short events, const std::string& what) const;

 private:
  const Clock& m_clock;
  MonotonicTime m_deadline;
  Descriptor m_stopped;  ///< readable once a stop was requested
  std::stop_token m_stop;
  std::stop_callback<std::function<void()>> m_callback;
};

}  // namespace tellina::client
