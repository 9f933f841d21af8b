#pragma once

/// The text frames that a client sends.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "host/wire/observation_frame.hpp"
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

}  // namespace tellina
