#pragma once

/// A log for events that any client can cause at any rate.

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "tellina/clock.hpp"
#include "tellina/log.hpp"

namespace tellina {

/// Writes at most one line of each kind in 10 s. The next line says how many were left out. Threads: any.
class LimitedLog {
 public:
  explicit LimitedLog(Log& log) : m_log(log) {}

  /// `kind`: one of a few constants.
  void warning(const std::string& kind, const std::string& text, MonotonicTime now);

 private:
  struct Kind {
    MonotonicTime next{};
    std::uint64_t left_out = 0;
  };

  Log& m_log;
  std::mutex m_mutex;
  std::map<std::string, Kind> m_kinds;
};

/// What a client has sent, for a line of the log: in quotation marks, at most 200 bytes, without control characters and
/// bytes above 126.
std::string quote_for_log(std::string_view text);

}  // namespace tellina
