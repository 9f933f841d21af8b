#include "plugins/sandbox_exec/line_log.hpp"

namespace tellina::exec_sandbox {

void LineLog::add(LogLevel level, std::string_view output) {
  for (const char c : output) {
    if (c == '\n') {
      end(level);
    } else if (m_line.size() < longest_line) {
      const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
      m_line += is_control ? ' ' : c;
    } else {
      m_is_cut = true;
    }
  }
}

void LineLog::end(LogLevel level) {
  if (m_line.empty()) return;
  if (m_is_cut) m_line += "...";
  m_budget.write(level, m_line);
  m_line.clear();
  m_is_cut = false;
}

void LineBudget::write(LogLevel level, std::string_view line) {
  const std::lock_guard lock(m_mutex);
  const MonotonicTime now = m_clock.now();
  if (now >= m_window_end) {
    report_locked();
    m_window_end = now + window;
    m_lines = 0;
  }
  if (m_lines == lines_per_window) {
    ++m_lost;
    return;
  }
  ++m_lines;
  m_log.write(level, m_prefix + std::string(line));
}

void LineBudget::report() {
  const std::lock_guard lock(m_mutex);
  report_locked();
}

bool LineBudget::report_if_due() {
  const std::lock_guard lock(m_mutex);
  if (m_clock.now() >= m_window_end) report_locked();
  return m_lost > 0;
}

void LineBudget::report_locked() {
  if (m_lost > 0) m_log.warning(m_prefix + std::to_string(m_lost) + " more lines were left out");
  m_lost = 0;
}

}  // namespace tellina::exec_sandbox
