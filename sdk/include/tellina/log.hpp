#pragma once

/// The log of a plugin, which the researcher reads.

#include <string_view>

namespace tellina {

enum class LogLevel { debug, info, warning, error };

/// Threads: any. One call writes one line; the host adds the time, the level and the name of the plugin.
/// Never write an access code, a keystroke or a cookie here.
class Log {
 public:
  virtual ~Log() = default;
  virtual void write(LogLevel level, std::string_view text) = 0;

  void debug(std::string_view text) { write(LogLevel::debug, text); }
  void info(std::string_view text) { write(LogLevel::info, text); }
  void warning(std::string_view text) { write(LogLevel::warning, text); }
  void error(std::string_view text) { write(LogLevel::error, text); }
};

}  // namespace tellina
