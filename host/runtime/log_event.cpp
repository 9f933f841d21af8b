#include "host/runtime/log_event.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "host/text/json.hpp"

namespace tellina {
namespace {

bool is_plain_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) || std::string_view("_-.:/@+[]").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

}  // namespace

LogEvent& LogEvent::add(std::string_view name, std::string_view text) {
  m_fields.push_back({std::string(name), std::string(text), false});
  return *this;
}

LogEvent& LogEvent::add(std::string_view name, std::int64_t number) {
  m_fields.push_back({std::string(name), std::to_string(number), true});
  return *this;
}

LogEvent& LogEvent::add(std::string_view name, std::chrono::nanoseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", std::chrono::duration<double>(time).count());
  m_fields.push_back({std::string(name), text, true});
  return *this;
}

LogEvent& LogEvent::add_participant(std::int64_t number) { return add("participant", participant_label(number)); }

std::string LogEvent::text() const {
  std::string line;
  for (const Field& field : m_fields) {
    if (!line.empty()) line += ' ';
    line += field.name + '=' + (is_plain_word(field.value) ? field.value : json_string(field.value));
  }
  return line;
}

void LogEvent::write(Log& log, LogLevel level) const {
  if (auto* sink = dynamic_cast<EventSink*>(&log)) return sink->write_event(level, *this);
  log.write(level, text());
}

std::string participant_label(std::int64_t number) {
  std::string digits = std::to_string(number);
  return "P" + std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits;
}

}  // namespace tellina
