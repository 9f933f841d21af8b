#pragma once

/// The records of a task session as values.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "host/study/progress.hpp"
#include "host/study/timestamp.hpp"
#include "tellina/bytes.hpp"

namespace tellina {

// Records of a running task session, in the order of events. Offsets refer to the session's own streams.

struct InputRecord {
  std::uint64_t offset = 0;
  Bytes bytes;
  Timestamp at;
  /// Set if `bytes` stand for others, which are not recorded: they belong to the masked range that begins here, at
  /// `offset` or before it.
  std::optional<std::uint64_t> masked_from{};
};

struct OutputRecord {
  std::uint64_t offset = 0;
  Bytes bytes;
  Timestamp at;
};

enum class StreamName { input, output };

/// The bytes from `from` up to `to` are missing.
struct GapRecord {
  StreamName stream = StreamName::output;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::string reason;
  Timestamp at;
};

/// Any other event: "attached", "detached", "resize", "reset", "shell_ended", "throttled", ...
struct EventRecord {
  std::string kind;
  std::string detail;  ///< a JSON object, or empty
  Timestamp at;
};

/// Why a command's row ended.
enum class CommandEnd {
  exit,   ///< the shell reported its status
  shell,  ///< its shell ended or was replaced, so its status is unknown
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

/// Where and when a command was typed, as far as it is known.
struct TypedSpan {
  Timestamp prompt;        ///< the shell showed the prompt at which the command was typed
  std::uint64_t from = 0;  ///< offset in the input stream at that moment; text typed ahead lies before it
  std::uint64_t to = 0;    ///< offset after the line end that started the command; `from` if all was typed ahead
};

/// One finished command, according to the shell's marks.
struct CommandRecord {
  std::int64_t number = 0;  ///< from 1 in its task session
  std::string text;
  std::string cwd;
  std::string home;  ///< what $HOME was
  bool text_is_cut = false;
  std::optional<int> exit_status{};  ///< absent if the shell or the task ended first
  CommandEnd ended_by = CommandEnd::exit;
  int shell_level = 0;                  ///< 0: the sandbox's own shell read it; 1: a shell inside that one; and so on
  std::optional<TypedSpan> typed_at{};  ///< absent if its prompt was not seen
  Timestamp started;
  Timestamp ended;
  std::uint64_t output_from = 0;  ///< offsets in the output stream
  std::uint64_t output_to = 0;
  Bytes output;  ///< without escape sequences and the alternate screen, CR LF as LF; the first MiB
  bool output_is_cut = false;
  bool is_full_screen = false;    ///< it used the alternate screen, or moved the cursor to chosen rows
  Bytes typed;                    ///< the part of `output` that is the kernel's echo of typed input
  Bytes printed;                  ///< the other part; empty if `typed` is empty
  std::optional<Bytes> judged{};  ///< see judged_output(); absent if that has all lines
  bool is_doubtful = false;       ///< no typed line end can have started it

  /// `output` without the echo.
  const Bytes& output_without_echo() const { return typed.empty() ? output : printed; }
  /// Without lines that equal a typed line, too, if the tracker leaves these out
  /// (CommandTracker::leave_out_typed_lines).
  const Bytes& judged_output() const { return judged ? *judged : output_without_echo(); }
};

/// What made a check run, from the weakest reason to the strongest. A check that has several has the strongest.
enum class CheckTrigger : std::uint8_t {
  timer,    ///< the interval, or a repetition because files changed during the check before
  output,   ///< something was printed
  command,  ///< a command has ended
  hand_in,
  deadline  ///< the last check: the time is up, or the participant gives up
};

/// As the store spells it.
inline const char* to_string(CheckTrigger trigger) {
  constexpr const char* names[] = {"timer", "output", "command", "hand_in", "deadline"};
  return names[static_cast<std::size_t>(trigger)];
}

/// The result of a check.
struct CheckRecord {
  std::int64_t command_number = 0;  ///< of the command that has ended, or of the newest one; 0 before the first
  CheckTrigger trigger = CheckTrigger::timer;
  Progress progress;
  Timestamp at;
};

/// The home as a check has read it.
struct StateRecord {
  std::int64_t command_number = 0;  ///< of the command after which it was read; 0 at the start
  std::string tree_sha256;          ///< of its listing
  /// What differs from the state before, see listed_changes(). Absent for a first state, whose listing is kept whole.
  std::optional<std::string> changes{};
  std::int64_t changed_entries = 0;
  bool is_truncated = false;
  bool has_raced = false;             ///< something ran while it was read, or since the command
  std::optional<Progress> verdict{};  ///< of the check; absent if it has none
  std::optional<double> distance{};   ///< see distance_of()
  Timestamp at;
};

/// How far the page has acknowledged output.
struct AnsweredRecord {
  std::uint64_t offset = 0;
};

using Record = std::variant<InputRecord, OutputRecord, GapRecord, EventRecord, CommandRecord, CheckRecord, StateRecord,
                            AnsweredRecord>;

}  // namespace tellina
