#pragma once

/// The text frames of the wire protocol: what a page may say, and what it is told.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "host/session/observation.hpp"
#include "host/study/progress.hpp"
#include "host/study/task.hpp"
#include "tellina/sandbox.hpp"

namespace tellina {

/// The JSON text of a request's `id`, sent back as it came. Empty where there is none.
using RequestId = std::string;

class HelloFrame {
 public:
  HelloFrame() = default;
  TerminalSize size;
  std::uint64_t output_offset = 0;
  std::optional<std::string> stream{};
  std::optional<std::uint64_t> input_offset{};
  std::string timezone;  ///< an IANA name, as the client's system has it; empty where it does not say
  std::optional<std::string> participant{};  ///< whom the page has logged in as; older clients do not say
  /// The last sandbox that the client has heard of, empty where it knows none. A client that names it says by
  /// `sandbox_seen` when it has seen another.
  std::optional<std::string> sandbox{};
};
/// Input from `input_offset` on was typed with that sandbox in sight.
class SandboxSeenFrame {
 public:
  SandboxSeenFrame() = default;
  std::string sandbox;
  std::uint64_t input_offset = 0;
};
class StartTaskFrame {
 public:
  StartTaskFrame() = default;
  RequestId id;
  int task = 0;
};
class ResizeFrame {
 public:
  ResizeFrame() = default;
  TerminalSize size;
};
class AckFrame {
 public:
  AckFrame() = default;
  std::uint64_t output_offset = 0;
};
class ResetFrame {
 public:
  ResetFrame() = default;
  RequestId id;
  std::optional<int> task{};
};
class GiveUpFrame {
 public:
  GiveUpFrame() = default;
  RequestId id;
  std::optional<int> task{};
};
class PingFrame {
 public:
  PingFrame() = default;
  std::string t;  ///< the JSON text of the number
};
/// What cannot be understood: the words for the `error` frame.
class BadFrame {
 public:
  BadFrame() = default;
  RequestId id;
  std::string message;
};

using ControlFrame = std::variant<HelloFrame, SandboxSeenFrame, StartTaskFrame, ResizeFrame, AckFrame, ResetFrame,
                                  GiveUpFrame, PingFrame, ObservationFrame, BadFrame>;

/// Never throws; unknown fields are passed over, so that pages may be newer than the server.
ControlFrame parse_control_frame(std::string_view json);

/// As a JSON string, with its quotation marks; `text` is UTF-8.
std::string quote_json(std::string_view text);

// The server's frames, as JSON text. `state` is the text of a state object.
/// `sandbox` is empty where no task runs.
std::string welcome_frame(const RequestId& id, const std::string& stream, const std::string& sandbox,
                          std::uint64_t input_offset, std::uint64_t output_offset, std::uint64_t answered_offset,
                          const std::string& state);
std::string sandbox_replaced_frame(const std::string& sandbox);
std::string state_frame(const std::string& state);
std::string input_ack_frame(std::uint64_t input_offset);
/// What the level lets a page know of a check; empty where that is nothing.
std::string progress_frame(const Progress& progress, const Task& task);
/// `sandbox`: the one in use from then on, empty where that has not changed.
std::string done_frame(const RequestId& id, const std::string& sandbox = {});
std::string replaced_frame();
/// `code`: one of bad_message, wrong_participant, unknown_stream, wrong_task, no_task, sandbox_unavailable, busy,
/// internal. `reference`: what the log line and the event of the failure have too; left out where empty.
std::string error_frame(std::string_view code, std::string_view message, const RequestId& id,
                        std::string_view reference = {});
std::string pong_frame(const std::string& t, std::uint64_t input_offset, std::uint64_t output_offset,
                       std::int64_t state_number);

}  // namespace tellina
