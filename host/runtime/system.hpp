#pragma once

/// The machine's own clock, generator and log. Only main() and tests of these make them; all others are lent them.

#include <atomic>
#include <string>

#include "tellina/clock.hpp"
#include "tellina/log.hpp"

namespace tellina {

class SystemClock final : public Clock {
 public:
  MonotonicTime now() const override;
  WallTime wall_time() const override;
};

class SystemRandom final : public Random {
 public:
  /// Throws Error(internal) where the kernel gives no random bytes.
  void fill(std::span<std::uint8_t> bytes) override;
};

/// Writes lines "2026-01-31T12:00:00.000Z warning [name] text" to standard error, each with one write().
class StderrLog final : public Log {
 public:
  explicit StderrLog(const Clock& clock, LogLevel lowest = LogLevel::info) : m_clock(clock), m_lowest(lowest) {}
  void write(LogLevel level, std::string_view text) override;

 private:
  const Clock& m_clock;
  LogLevel m_lowest;
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

/// "2026-01-31T12:00:00.123456Z": the form of every time in the store and the log. `digits` of a second, 0 to 9.
std::string to_iso_8601(WallTime time, int digits = 6);

/// The kernel's identifier of this boot; MonotonicTime compares only within one.
std::string boot_id();

}  // namespace tellina
