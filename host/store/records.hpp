#pragma once

/// What goes into the store and comes out of it, as plain values.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tellina/bytes.hpp"
#include "tellina/clock.hpp"

namespace tellina {

using ParticipantId = std::int64_t;
using TaskSessionId = std::int64_t;
/// How the wire names a participant: no secret, and no access code.
inline std::string participant_key(ParticipantId participant) { return std::to_string(participant); }
/// Ids begin at 1.
inline constexpr TaskSessionId no_task_session = 0;

/// A moment in both clocks: UTC for readers, nanoseconds since boot for arithmetic.
class Moment {
 public:
  Moment() = default;
  explicit Moment(const Clock& clock) : wall(clock.wall_time()), monotonic(clock.now()) {}
  WallTime wall{};
  MonotonicTime monotonic{};
};

/// A worker as other processes of this machine can recognise it, and tell whether it still lives.
class WorkerIdentity {
 public:
  WorkerIdentity() = default;
  std::string id;
  std::int64_t process_id = 0;
  std::uint64_t process_start_ticks = 0;  ///< field 22 of /proc/PID/stat
  std::string boot_id;
};

/// The right to write for one participant. A number is given out once; every write checks that it is the newest.
class Fence {
 public:
  Fence() = default;
  ParticipantId participant = 0;
  std::string worker;
  std::int64_t number = 0;
};

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

// Records of a running task session, in the order they happened. Offsets are of the session's own streams.

class InputRecord {
 public:
  InputRecord() = default;
  InputRecord(std::uint64_t offset_, Bytes bytes_, Moment at_) : offset(offset_), bytes(std::move(bytes_)), at(at_) {}
  std::uint64_t offset = 0;
  Bytes bytes;
  Moment at;
};

class OutputRecord {
 public:
  OutputRecord() = default;
  OutputRecord(std::uint64_t offset_, Bytes bytes_, Moment at_) : offset(offset_), bytes(std::move(bytes_)), at(at_) {}
  std::uint64_t offset = 0;
  Bytes bytes;
  Moment at;
};

enum class StreamName { input, output };

/// Bytes from `from` up to `to` are known to be missing.
class GapRecord {
 public:
  GapRecord() = default;
  GapRecord(StreamName stream_, std::uint64_t from_, std::uint64_t to_, std::string reason_, Moment at_)
      : stream(stream_), from(from_), to(to_), reason(std::move(reason_)), at(at_) {}
  StreamName stream = StreamName::output;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::string reason;
  Moment at;
};

/// Anything else that happened: "attached", "detached", "resize", "reset", "shell_ended", "check", "throttled", ...
class EventRecord {
 public:
  EventRecord() = default;
  EventRecord(std::string kind_, std::string detail_, Moment at_)
      : kind(std::move(kind_)), detail(std::move(detail_)), at(at_) {}
  std::string kind;
  std::string detail;  ///< a JSON object, or empty
  Moment at;
};

/// What ended a command's row.
enum class CommandEnd {
  exit,   ///< the shell told its status
  shell,  ///< its shell ended or was replaced, and no status is known
  task    ///< the task session or the sandbox ended while it ran
};

/// As the store spells it.
inline const char* to_string(CommandEnd end) {
  switch (end) {
    case CommandEnd::exit:
      return "exit";
    case CommandEnd::shell:
      return "shell_end";
    case CommandEnd::task:
      return "task_end";
  }
  return "unknown";
}

/// One finished command, as the shell's marks tell it.
class CommandRecord {
 public:
  CommandRecord() = default;
  std::int64_t number = 0;  ///< from 1 in its task session
  std::string text;
  std::string cwd;
  bool text_is_cut = false;
  std::optional<int> exit_status{};  ///< absent where the shell or the task ended in the middle
  CommandEnd ended_by = CommandEnd::exit;
  int shell_level = 0;  ///< 0: read by the sandbox's own shell; 1: by one inside it; and so on
  Moment started;
  Moment ended;
  std::uint64_t output_from = 0;  ///< offsets in the output stream
  std::uint64_t output_to = 0;
  Bytes output;  ///< without escape sequences and the alternate screen, CR LF as LF; the first MiB
  bool output_is_cut = false;
  bool is_full_screen = false;  ///< it used the alternate screen, or wrote at places of its own choice
  Bytes typed;                  ///< the part of `output` that the kernel echoed of what was typed
  Bytes printed;                ///< the rest of it; empty where `typed` is
};

/// How far the page has acknowledged output.
class AnsweredRecord {
 public:
  AnsweredRecord() = default;
  explicit AnsweredRecord(std::uint64_t offset_) : offset(offset_) {}
  std::uint64_t offset = 0;
};

using Record = std::variant<InputRecord, OutputRecord, GapRecord, EventRecord, CommandRecord, AnsweredRecord>;

}  // namespace tellina
