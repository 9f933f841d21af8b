#pragma once

/// A rate-limited log for events that any client can cause.

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "host/limits.hpp"
#include "tellina/clock.hpp"
#include "tellina/log.hpp"

namespace tellina {

/// Writes at most one line of each kind per interval. The next line says how many were left out. Threads: any.
class LimitedLog {
 public:
  explicit LimitedLog(Log& log, std::chrono::seconds interval = limits::log_interval)
      : m_log(log), m_interval(interval) {}

  /// `kind`: one of a small set of constants.
  void warning(const std::string& kind, const std::string& text, MonotonicTime now);

 private:
  struct Kind {
    MonotonicTime next{};
    std::uint64_t left_out = 0;
  };

  Log& m_log;
  const std::chrono::seconds m_interval;
  std::mutex m_mutex;
  std::map<std::string, Kind> m_kinds;
};

/// Quotes text from a client for a log line: in quotation marks, at most 200 bytes, without control characters and
/// bytes above 126.
std::string quote_for_log(std::string_view text);

}  // namespace tellina
