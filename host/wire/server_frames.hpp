#pragma once

/// The text frames that the server sends.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "host/text/json.hpp"
#include "host/wire/client_frames.hpp"

namespace tellina {

class WelcomeFrame {
 public:
  WelcomeFrame() = default;
  RequestId id;         ///< of the answered request; empty for `hello`
  std::string stream;   ///< empty if no task runs
  std::string sandbox;  ///< empty if no task runs
  std::uint64_t input_offset = 0;
  std::uint64_t output_offset = 0;
  std::uint64_t answered_offset = 0;
  std::string state;  ///< the JSON text of a state object
};
class StateFrame {
 public:
  StateFrame() = default;
  std::string state;  ///< the JSON text of a state object
};
class InputAckFrame {
 public:
  InputAckFrame() = default;
  std::uint64_t input_offset = 0;
};
/// A check's result, as far as the client may see it.
class ProgressFrame {
 public:
  ProgressFrame() = default;
  int matched = 0;
  int missing = 0;
  int extra = 0;
  int incorrect = 0;
  bool too_much_output = false;
  bool changed_names = false;
  bool extra_counts = false;
  std::string detail = "[]";  ///< the JSON text of a list
};
class DoneFrame {
 public:
  DoneFrame() = default;
  RequestId id;
  std::string sandbox;  ///< the one in use from then on; empty if it has not changed
};
class SandboxReplacedFrame {
 public:
  SandboxReplacedFrame() = default;
  std::string sandbox;
};
/// What the start of a sandbox does now, for people.
class SandboxStartingFrame {
 public:
  SandboxStartingFrame() = default;
  std::string text;
};
class ReplacedFrame {};
class ErrorFrame {
 public:
  ErrorFrame() = default;
  std::string code;
  std::string message;
  RequestId id;           ///< empty if it answers no request
  std::string reference;  ///< empty if the log has no line about the failure
};
class PongFrame {
 public:
  PongFrame() = default;
  std::string t;  ///< the JSON text of the number of the ping
  std::uint64_t input_offset = 0;
  std::uint64_t output_offset = 0;
  std::uint64_t state_number = 0;
};
/// A frame of a type that this version does not know, which clients ignore.
class UnknownFrame {
 public:
  UnknownFrame() = default;
  std::string type;
};

using ServerFrame =
    std::variant<WelcomeFrame, StateFrame, InputAckFrame, ProgressFrame, DoneFrame, SandboxReplacedFrame,
                 SandboxStartingFrame, ReplacedFrame, ErrorFrame, PongFrame, UnknownFrame>;

/// Throws FrameError for a malformed frame.
ServerFrame decode_server_frame(std::string_view json);

/// The parts of a state object that a client needs.
class StudyState {
 public:
  StudyState() = default;
  std::string state;         ///< ready, running or finished
  int task = 0;              ///< the number of the current task; 0 when finished
  int previous_task = 0;     ///< number of the task that ended last; 0 if none has ended, or while one runs
  std::string previous_end;  ///< its outcome
};
/// Throws FrameError if the text is not a state object.
StudyState decode_study_state(std::string_view json);

// As JSON text. `state` is the text of a state object.

/// `sandbox` is empty if no task runs.
std::string welcome_frame(const RequestId& id, const std::string& stream, const std::string& sandbox,
                          std::uint64_t input_offset, std::uint64_t output_offset, std::uint64_t answered_offset,
                          const std::string& state);
std::string sandbox_replaced_frame(const std::string& sandbox);
/// `text`: printable UTF-8.
std::string sandbox_starting_frame(const std::string& text);
std::string state_frame(const std::string& state);
std::string input_ack_frame(std::uint64_t input_offset);
std::string progress_frame(const ProgressFrame& progress);
/// `sandbox`: the one in use from then on; empty if it has not changed.
std::string done_frame(const RequestId& id, const std::string& sandbox = {});
std::string replaced_frame();
/// `code`: one of bad_message, wrong_participant, unknown_stream, wrong_task, no_task, wrong_step, bad_answers,
/// too_early, not_offered, sandbox_unavailable, checker_failed, busy, internal. `reference`: the one in the failure's
/// log line and event; left out if empty.
std::string error_frame(std::string_view code, std::string_view message, const RequestId& id,
                        std::string_view reference = {});
/// With further members, whose values are JSON.
std::string error_frame(std::string_view code, std::string_view message, const RequestId& id,
                        const JsonObject& details);
/// The lines of a task's solution, which the client asked for.
std::string solution_frame(const RequestId& id, const std::vector<std::string>& lines);
std::string pong_frame(const std::string& t, std::uint64_t input_offset, std::uint64_t output_offset,
                       std::int64_t state_number);

}  // namespace tellina
