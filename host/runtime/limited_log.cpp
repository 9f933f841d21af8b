#include "host/runtime/limited_log.hpp"

#include <utility>

namespace tellina {

void LimitedLog::warning(const std::string& kind, const std::string& text, MonotonicTime now) {
  std::uint64_t left_out = 0;
  {
    std::lock_guard lock(m_mutex);
    Kind& entry = m_kinds[kind];
    if (now < entry.next) {
      ++entry.left_out;
      return;
    }
    entry.next = now + m_interval;
    left_out = std::exchange(entry.left_out, 0);
  }
  m_log.warning(left_out == 0 ? text : text + " (and " + std::to_string(left_out) + " more like this before)");
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
