#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tellina/clock.hpp"
#include "tellina/log.hpp"

namespace tellina::exec_sandbox {

/// Writes what a program says to the plugin's log. A program that says too much loses lines, and the log says how many.
///
/// Threads: one.
class LineLog {
 public:
  static constexpr std::size_t longest_line = 1000;  ///< bytes; the rest of a longer line is left out
  static constexpr int lines_per_window = 100;
  static constexpr std::chrono::seconds window{10};

  /// `log` and `clock` must outlive the object. Each line gets `prefix`.
  LineLog(Log& log, Clock& clock, std::string prefix) : m_log(log), m_clock(clock), m_prefix(std::move(prefix)) {}

  /// Adds output; writes each line that it completes.
  void add(LogLevel level, std::string_view output);
  /// Writes the last line, if it has no end.
  void end(LogLevel level);
  /// Writes one line.
  void write(LogLevel level, std::string_view line);

 private:
  Log& m_log;
  Clock& m_clock;
  const std::string m_prefix;
  std::string m_line;
  bool m_is_cut = false;
  MonotonicTime m_window_end;
  int m_lines = 0;
  std::uint64_t m_lost = 0;
};

}  // namespace tellina::exec_sandbox
