#include "host/runtime/limited_log.hpp"

#include <utility>

namespace tellina {

std::optional<std::uint64_t> LimitedLog::admit(const std::string& kind, MonotonicTime now) {
  std::lock_guard lock(m_mutex);
  Kind& entry = m_kinds[kind];
  if (now < entry.next) {
    ++entry.left_out;
    return std::nullopt;
  }
  entry.next = now + m_interval;
  return std::exchange(entry.left_out, 0);
}

void LimitedLog::write(LogLevel level, const std::string& kind, const std::string& text, MonotonicTime now) {
  const auto left_out = admit(kind, now);
  if (!left_out) return;
  m_log.write(level, *left_out == 0 ? text : text + " (and " + std::to_string(*left_out) + " more like this before)");
}

void LimitedLog::write(LogLevel level, LogEvent event, MonotonicTime now) {
  const auto left_out = admit(event.name(), now);
  if (!left_out) return;
  if (*left_out > 0) event.add("left_out", static_cast<std::int64_t>(*left_out));
  event.write(m_log, level);
}

std::string quote_for_log(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text.substr(0, limits::logged_text)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c >= 0x20 && c < 0x7f ? c : '?';
  }
  return quoted + (text.size() > limits::logged_text ? "...\"" : "\"");
}

}  // namespace tellina
