#pragma once

/// A participant and their task sessions as values.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/study/flow_record.hpp"
#include "tellina/bytes.hpp"

namespace tellina {

using ParticipantId = std::int64_t;
using TaskSessionId = std::int64_t;
/// The participant's name on the wire. It is neither a secret nor an access code.
inline std::string participant_key(ParticipantId participant) { return std::to_string(participant); }
/// Ids begin at 1.
inline constexpr TaskSessionId no_task_session = 0;

enum class TaskSessionState {
  running,
  passed,
  timed_out,
  gave_up,
  interrupted,  ///< a fault on our side ended it, so it says nothing about the participant
  failed,       ///< the last hand-in that the task allows did not pass
  handed_in     ///< the task's feedback is `none`, and the check did not pass
};

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
    case TaskSessionState::failed:
      return "failed";
    case TaskSessionState::handed_in:
      return "handed_in";
  }
  return "unknown";
}

/// What ended a task session.
enum class EndCause : std::uint8_t {
  check,
  hand_in,
  task_clock,
  block_clock,
  give_up,
  withdrawal,
  researcher,
  fault,
  reset
};

/// As the store spells it.
inline const char* to_string(EndCause cause) {
  constexpr const char* names[] = {"check",      "hand_in",    "task_clock", "block_clock", "give_up",
                                   "withdrawal", "researcher", "fault",      "reset"};
  return names[static_cast<std::size_t>(cause)];
}

/// What ends a task session in this state, unless something else is known.
inline EndCause usual_cause(TaskSessionState state) {
  switch (state) {
    case TaskSessionState::timed_out:
      return EndCause::task_clock;
    case TaskSessionState::gave_up:
      return EndCause::give_up;
    case TaskSessionState::interrupted:
      return EndCause::fault;
    case TaskSessionState::failed:
    case TaskSessionState::handed_in:
      return EndCause::hand_in;
    case TaskSessionState::running:
    case TaskSessionState::passed:
      break;
  }
  return EndCause::check;
}

/// Where a task session belongs in the participant's schedule.
class TaskPlace {
 public:
  TaskPlace() = default;
  int position = 0;    ///< in the schedule, from 1; 0: as the task's number
  int try_number = 1;  ///< at the task at this position
  int period = 0;      ///< from 1; 0: the task is in none
  std::string block;
  std::string treatment;
  bool is_practice = false;
};

/// One participant's try at a task.
struct TaskSessionRow {
  TaskSessionId id = 0;
  int task_number = 0;  ///< from 1
  int position = 0;     ///< in the schedule, from 1
  int try_number = 1;   ///< at the task at this position
  int hand_ins = 0;     ///< those that did not pass
  TaskSessionState state = TaskSessionState::running;
  std::string stream;             ///< id of its pair of byte streams
  std::string sandbox;            ///< id of its sandbox; empty until one has started
  Bytes sandbox_state;            ///< what its backend wants to know in order to adopt it
  std::uint64_t input_end = 0;    ///< end of the record, gaps included
  std::uint64_t output_end = 0;   ///< end of the record, gaps included
  std::uint64_t output_size = 0;  ///< recorded bytes, without gaps
  std::uint64_t answered_offset = 0;
  std::int64_t commands = 0;            ///< number of the last recorded command
  std::chrono::nanoseconds charged{};   ///< how much of the task's time was used when this row was read
  std::chrono::nanoseconds duration{};  ///< of TaskSettings; zero if an older version began it
  bool clock_stands = false;            ///< while it runs: its clock is stopped
  bool ends_in_secret = false;          ///< the last recorded byte of the input is masked
  bool masking_is_unavailable = false;  ///< an event says so
  bool sandbox_replaced = false;        ///< while it runs: a fault on our side lost the participant's files
};

/// The settings of one task session from its start to its end, even if the server restarts with other settings.
struct TaskSettings {
  std::chrono::nanoseconds duration{};  ///< how much time the participant has for the task
  bool keeps_bytes = true;              ///< whether the record keeps the terminal's bytes
  std::string feedback;                 ///< what the page shows of checks; empty if the record does not have it
  std::string reveal;                   ///< when the page gets the task's text; empty if the record does not have it
  std::string hand_in;                  ///< how the task can pass; empty if the record does not have it
  std::int64_t environment = 0;         ///< id of the environment in the record; 0: unknown
};

/// The outcome of a task.
struct TaskOutcome {
  int task_number = 0;  ///< from 1
  TaskSessionState state = TaskSessionState::passed;
  int position = 0;    ///< in the schedule, from 1
  int try_number = 1;  ///< at the task at this position
  std::chrono::nanoseconds charged{};
};

/// A participant's progress: between tasks if `latest` is absent or not running.
struct ParticipantProgress {
  ParticipantId participant = 0;
  std::string access_code;
  std::int64_t state_number = 0;           ///< increases by one with every change of state
  std::optional<TaskSessionRow> latest{};  ///< of the participant's current attempt (see reset_participant)
  std::vector<TaskOutcome> outcomes{};     ///< of all ended tasks of that attempt, in order
  FlowRecord flow{};                       ///< of that attempt
};

}  // namespace tellina
