#pragma once

/// The program's log: lines on standard error.

#include <string>

#include "host/runtime/log_event.hpp"
#include "host/text/json.hpp"
#include "tellina/clock.hpp"
#include "tellina/log.hpp"

namespace tellina {

enum class LogFormat { text, json };

/// "debug", "info", "warning" or "error".
const char* to_string(LogLevel level);

/// How the log is written: --log-format and --log-level, and whether standard error goes to the journal.
class LogSettings {
 public:
  LogFormat format = LogFormat::text;
  LogLevel lowest = LogLevel::info;  ///< less important lines are left out
  /// Starts each line with "<6>" or the like (sd-daemon(3)), from which the journal takes the priority.
  bool has_priorities = false;
};

/// Whether the descriptor goes to systemd's journal: JOURNAL_STREAM names its device and inode (systemd.exec(5)).
bool is_journal(int descriptor);

/// Writes each line with one write():
///
///     2026-01-31T12:00:00.000Z warning [sandbox chroot] text
///     {"time":"2026-01-31T12:00:00.000Z","level":"info","event":"task_started","participant":"P001","task":1}
///
/// Threads: any.
class StderrLog final : public Log, public EventSink {
 public:
  explicit StderrLog(const Clock& clock, LogSettings settings = {}) : m_clock(clock), m_settings(settings) {}
  void write(LogLevel level, std::string_view text) override;
  void write_event(LogLevel level, const LogEvent& event) override;

 private:
  std::string time() const;
  std::string text_start(LogLevel level) const;
  JsonObject json_start(LogLevel level) const;
  void put_line(LogLevel level, std::string line) const;

  const Clock& m_clock;
  const LogSettings m_settings;
};

/// Puts "[name] " before every line of another log.
class NamedLog final : public Log {
 public:
  NamedLog(Log& log, std::string name) : m_log(log), m_prefix("[" + std::move(name) + "] ") {}
  void write(LogLevel level, std::string_view text) override { m_log.write(level, m_prefix + std::string(text)); }

 private:
  Log& m_log;
  std::string m_prefix;
};

}  // namespace tellina
