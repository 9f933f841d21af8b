#pragma once

/// A participant and their task sessions, as plain values.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tellina {

using ParticipantId = std::int64_t;
using TaskSessionId = std::int64_t;
/// How the wire names a participant: no secret, and no access code.
inline std::string participant_key(ParticipantId participant) { return std::to_string(participant); }
/// Ids begin at 1.
inline constexpr TaskSessionId no_task_session = 0;

/// `interrupted`: it ended by a fault of ours, and is no outcome of the participant's.
enum class TaskSessionState { running, passed, timed_out, gave_up, interrupted };

/// As the store and the wire spell it.
inline const char* to_string(TaskSessionState state) {
  switch (state) {
    case TaskSessionState::running:
      return "running";
    case TaskSessionState::passed:
      return "passed";
    case TaskSessionState::timed_out:
      return "timed_out";
    case TaskSessionState::gave_up:
      return "gave_up";
    case TaskSessionState::interrupted:
      return "interrupted";
  }
  return "unknown";
}

/// One participant's go at a task.
class TaskSessionRow {
 public:
  TaskSessionRow() = default;
  TaskSessionId id = 0;
  int task_number = 0;  ///< from 1
  TaskSessionState state = TaskSessionState::running;
  std::string stream;             ///< id of its pair of byte streams
  std::string sandbox;            ///< id of its sandbox; empty until one was started
  std::uint64_t input_end = 0;    ///< recorded, gaps included
  std::uint64_t output_end = 0;   ///< recorded, gaps included
  std::uint64_t output_size = 0;  ///< recorded, without gaps
  std::uint64_t answered_offset = 0;
  std::int64_t commands = 0;            ///< the number of the last one that is recorded
  std::chrono::nanoseconds charged{};   ///< of the task's time, up to the moment this row was read
  std::chrono::nanoseconds duration{};  ///< of TaskSettings; zero where an older version has begun it
  bool clock_stands = false;            ///< while it runs: nothing is charged now
  bool sandbox_replaced = false;  ///< while it runs: its files are not what the participant made of them, by our fault
};

/// What holds for one task session from its start to its end, whatever a later start of the server is configured to do.
class TaskSettings {
 public:
  TaskSettings() = default;
  std::chrono::nanoseconds duration{};  ///< how much time the participant has for the task
  bool keeps_bytes = true;              ///< whether the record holds what goes through the terminal
  std::string feedback;                 ///< what the page shows of checks; empty where the record does not know it
};

/// What came of a task.
class TaskOutcome {
 public:
  TaskOutcome() = default;
  TaskOutcome(int task_number_, TaskSessionState state_) : task_number(task_number_), state(state_) {}
  int task_number = 0;  ///< from 1
  TaskSessionState state = TaskSessionState::passed;
};

/// Where a participant stands: between tasks when `latest` is absent or not running.
class ParticipantProgress {
 public:
  ParticipantProgress() = default;
  ParticipantId participant = 0;
  std::string access_code;
  std::int64_t state_number = 0;           ///< grows by one with every change of state
  std::optional<TaskSessionRow> latest{};  ///< of the participant's current attempt (see reset_participant)
  std::vector<TaskOutcome> outcomes{};     ///< of all tasks of that attempt that have ended, in their order
};

}  // namespace tellina
