#pragma once

/// Limits how often one participant logs in.

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "tellina/clock.hpp"

namespace tellina {

/// Each login costs a transaction of the store, whose time everybody shares. So after a burst, the logins with one
/// access code wait: each gets a time of its own, one interval after the one before.
///
/// Memory: a code is forgotten when a burst is possible again. LoginLimiter bounds how many codes are tried meanwhile.
/// Threads: any.
class LoginPace {
 public:
  /// `burst`: logins without a pause. `longest`: a login that would have to wait longer is refused.
  LoginPace(std::size_t burst, std::chrono::nanoseconds interval, std::chrono::nanoseconds longest);

  /// How long a login has to wait from now; nothing if it is refused. A refused login does not count.
  std::optional<std::chrono::nanoseconds> reserve(const std::string& access_code, MonotonicTime now);

  std::size_t codes() const;
  void check_invariant() const;

 private:
  void forget_old(MonotonicTime now);

  const std::chrono::nanoseconds m_burst;  ///< the time in which a burst is possible again
  const std::chrono::nanoseconds m_interval;
  const std::chrono::nanoseconds m_longest;
  mutable std::mutex m_mutex;
  /// When the logins so far would have come at one per interval. A login may come earlier by the time of the burst.
  std::unordered_map<std::string, MonotonicTime> m_next;
  std::size_t m_at_sweep = 0;
};

}  // namespace tellina
