#include "host/runtime/stderr_log.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "host/runtime/system.hpp"

namespace tellina {
namespace {

class LevelRow {
 public:
  const char* name;
  const char* priority;  ///< sd-daemon(3)
};

constexpr std::array<LevelRow, 4> levels{{{"debug", "<7>"}, {"info", "<6>"}, {"warning", "<4>"}, {"error", "<3>"}}};

const LevelRow& row_of(LogLevel level) { return levels[static_cast<std::size_t>(level)]; }

/// The journal makes an entry of each line, so each line of a message needs the priority.
std::string with_priorities(const std::string& lines, const char* priority) {
  std::string marked = priority;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    marked += lines[i];
    if (lines[i] == '\n' && i + 1 < lines.size()) marked += priority;
  }
  return marked;
}

}  // namespace

const char* to_string(LogLevel level) { return row_of(level).name; }

bool is_journal(int descriptor) {
  const char* named = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (!named || fstat(descriptor, &status) != 0) return false;
  return named == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

void StderrLog::write(LogLevel level, std::string_view text) {
  if (level < m_settings.lowest) return;
  if (m_settings.format == LogFormat::json) return put_line(level, json_start(level).add("message", text).text());
  put_line(level, text_start(level).append(text));
}

void StderrLog::write_event(LogLevel level, const LogEvent& event) {
  if (level < m_settings.lowest) return;
  if (m_settings.format == LogFormat::text) return put_line(level, text_start(level) + event.text());
  JsonObject line = json_start(level);
  for (const LogEvent::Field& field : event.fields()) {
    field.is_number ? line.add_json(field.name, field.value) : line.add(field.name, field.value);
  }
  put_line(level, line.text());
}

std::string StderrLog::time() const { return to_iso_8601(m_clock.wall_time(), 3); }

std::string StderrLog::text_start(LogLevel level) const { return time() + ' ' + to_string(level) + ' '; }

JsonObject StderrLog::json_start(LogLevel level) const {
  return JsonObject().add("time", time()).add("level", to_string(level));
}

void StderrLog::put_line(LogLevel level, std::string line) const {
  line += '\n';
  if (m_settings.has_priorities) line = with_priorities(line, row_of(level).priority);
  // A log that cannot be written must not stop a study.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace tellina
