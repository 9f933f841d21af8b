#pragma once

/// How long a client waits.

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "tellina/clock.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::client {

/// A deadline, with an optional stop request that ends the wait earlier.
///
/// Threads: one; any thread may request the stop. The clock must outlive the object.
class WaitLimit {
 public:
  /// `limit` counts from now. Throws ClientFailure if the kernel has no descriptor left.
  WaitLimit(const Clock& clock, std::chrono::nanoseconds limit, std::stop_token stop = {});
  WaitLimit(const WaitLimit&) = delete;
  WaitLimit& operator=(const WaitLimit&) = delete;

  /// Waits until the descriptor is ready for the events (of poll). Throws ClientFailure, with `what` in its text, at
  /// the deadline or after a stop request.
  void wait(int descriptor, short events, const std::string& what) const;

 private:
  const Clock& m_clock;
  MonotonicTime m_deadline;
  Descriptor m_stopped;  ///< readable after a stop request
  std::stop_token m_stop;
  std::stop_callback<std::function<void()>> m_callback;
};

}  // namespace tellina::client
