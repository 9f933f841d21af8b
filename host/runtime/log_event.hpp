#pragma once

/// Log lines that programs can read: what happened, and to which participant.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tellina/log.hpp"

namespace tellina {

/// The name of an event and its fields, in the order in which they were added. Never add an access code, a keystroke or
/// a cookie.
///
/// docs/operation.md lists all events and fields. Their names do not change, because operators' scripts read them.
class LogEvent {
 public:
  class Field {
   public:
    std::string name;
    std::string value;
    bool is_number = false;  ///< `value` is a JSON number
  };

  explicit LogEvent(std::string_view name) { add("event", name); }

  LogEvent& add(std::string_view name, std::string_view text);
  LogEvent& add(std::string_view name, std::int64_t number);
  /// Adds participant_label(number).
  LogEvent& add_participant(std::int64_t number);
  /// In seconds, with three decimal places.
  LogEvent& add(std::string_view name, std::chrono::nanoseconds time);

  const std::string& name() const { return m_fields.front().value; }
  const std::vector<Field>& fields() const { return m_fields; }
  /// "event=task_started participant=P001 task=1". A value that is not a plain word is a JSON string.
  std::string text() const;
  /// Passes the fields to a log that is an EventSink, and the text to any other log.
  void write(Log& log, LogLevel level = LogLevel::info) const;

 private:
  std::vector<Field> m_fields;
};

/// A log that writes an event's fields separately. Threads: any.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void write_event(LogLevel level, const LogEvent& event) = 0;
};

/// The name of a participant in logs and lists, from their number in the store: "P001". Access codes are secret.
std::string participant_label(std::int64_t number);

}  // namespace tellina
