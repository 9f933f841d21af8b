#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "tellina/clock.hpp"
#include "tellina/log.hpp"

namespace tellina::exec_sandbox {

/// The lines that a program may write to the plugin's log, in all its logs together. What is beyond is left out, and
/// the log says how many lines that were.
///
/// Threads: any.
class LineBudget {
 public:
  static constexpr int lines_per_window = 100;
  static constexpr std::chrono::seconds window{10};

  /// The arguments must outlive the object. Each line gets `prefix`.
  LineBudget(Log& log, Clock& clock, std::string prefix) : m_log(log), m_clock(clock), m_prefix(std::move(prefix)) {}
  ~LineBudget() { report(); }
  LineBudget(const LineBudget&) = delete;
  LineBudget& operator=(const LineBudget&) = delete;

  void write(LogLevel level, std::string_view line);
  /// Says how many lines were left out since the last report, if any.
  void report();
  /// Does so if the window in which they were left out is over. Returns whether a report is still due.
  bool report_if_due();

 private:
  void report_locked();

  Log& m_log;
  Clock& m_clock;
  const std::string m_prefix;
  std::mutex m_mutex;
  MonotonicTime m_window_end;
  int m_lines = 0;
  std::uint64_t m_lost = 0;
};

/// Writes what a program says on one descriptor to the plugin's log, line by line.
///
/// Threads: one.
class LineLog {
 public:
  static constexpr std::size_t longest_line = 1000;  ///< bytes; the rest of a longer line is left out

  /// `budget` must outlive the object.
  explicit LineLog(LineBudget& budget) : m_budget(budget) {}

  /// Adds output; writes each line that it completes.
  void add(LogLevel level, std::string_view output);
  /// Writes the last line, if it has no end.
  void end(LogLevel level);

 private:
  LineBudget& m_budget;
  std::string m_line;
  bool m_is_cut = false;
};

}  // namespace tellina::exec_sandbox
