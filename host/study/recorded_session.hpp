#pragma once

/// A task session as the record has it: plain values.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/study/participant.hpp"
#include "host/study/records.hpp"

namespace tellina {

/// A row of the states of the home.
class RecordedState {
 public:
  RecordedState() = default;
  std::int64_t command_number = 0;
  MonotonicTime at{};
  std::string tree_sha256;
  std::optional<std::string> changes{};  ///< absent: the listing itself is among the contents
  bool is_truncated = false;
  bool has_verdict = false;  ///< the check gave one; if not, files changed while it read the home
};

class RecordedSession {
 public:
  RecordedSession() = default;
  TaskSessionId id = no_task_session;
  std::string participant;  ///< "P001"
  std::string task;         ///< its id
  std::string state;        ///< as the store spells it
  std::string sandbox;      ///< the last one
  Timestamp started;
  MonotonicTime ended{};
  bool has_bytes = true;  ///< the record has the streams
  std::vector<InputRecord> input;
  std::vector<OutputRecord> output;
  std::vector<GapRecord> gaps;
  std::vector<EventRecord> events;
  std::vector<CommandRecord> commands;  ///< in the order in which they ended
  std::vector<RecordedState> states;    ///< in the order of time
};

}  // namespace tellina
