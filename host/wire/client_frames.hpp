#pragma once

/// The text frames that a client sends.

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "host/wire/observation_frame.hpp"
#include "tellina/sandbox.hpp"

namespace tellina {

/// The JSON text of a request's `id`, which the reply repeats unchanged. Empty if there is none.
using RequestId = std::string;

class HelloFrame {
 public:
  HelloFrame() = default;
  TerminalSize size;
  std::uint64_t output_offset = 0;
  std::optional<std::string> stream{};
  std::optional<std::uint64_t> input_offset{};
  std::string timezone;                      ///< an IANA name; empty if the client sends none
  std::optional<std::string> participant{};  ///< the key from the reply to the login; older clients leave it out
  /// The last sandbox that the client knows; empty if it knows none. A client that sends this field also sends
  /// `sandbox_seen` when it learns of another sandbox.
  std::optional<std::string> sandbox{};
};
/// The client knows this sandbox: input from `input_offset` on is meant for it.
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
class SubmitFrame {
 public:
  SubmitFrame() = default;
  RequestId id;
  int task = 0;
};
/// An answer of a form has changed.
class StepAnswerFrame {
 public:
  StepAnswerFrame() = default;
  std::string step;
  std::string field;
  boost::json::value value;
};
class StepDoneFrame {
 public:
  StepDoneFrame() = default;
  RequestId id;
  std::string step;
  std::optional<boost::json::object> answers{};
  std::string choice;  ///< "agree", "refuse", "back", or empty
};
class WithdrawFrame {
 public:
  WithdrawFrame() = default;
  RequestId id;
  bool erases = false;  ///< the participant's data, too
};
class ShowSolutionFrame {
 public:
  ShowSolutionFrame() = default;
  RequestId id;
  std::optional<int> task{};
};
class PingFrame {
 public:
  PingFrame() = default;
  std::string t;  ///< the JSON text of the number
};
/// A malformed frame: the id and the text for the `error` frame.
class BadFrame {
 public:
  BadFrame() = default;
  RequestId id;
  std::string message;
};

using ClientFrame = std::variant<HelloFrame, SandboxSeenFrame, StartTaskFrame, ResizeFrame, AckFrame, ResetFrame,
                                 GiveUpFrame, SubmitFrame, StepAnswerFrame, StepDoneFrame, WithdrawFrame,
                                 ShowSolutionFrame, PingFrame, ObservationFrame, BadFrame>;

/// Never throws. Ignores unknown fields, so that clients may be newer than the server.
ClientFrame decode_client_frame(std::string_view json);

// As JSON text, for programs that act as a participant.
std::string encode_frame(const HelloFrame& frame);
std::string encode_frame(const SandboxSeenFrame& frame);
std::string encode_frame(const StartTaskFrame& frame);
std::string encode_frame(const ResizeFrame& frame);
std::string encode_frame(const AckFrame& frame);
std::string encode_frame(const ResetFrame& frame);
std::string encode_frame(const GiveUpFrame& frame);
std::string encode_frame(const SubmitFrame& frame);
std::string encode_frame(const StepAnswerFrame& frame);
std::string encode_frame(const StepDoneFrame& frame);
std::string encode_frame(const WithdrawFrame& frame);
std::string encode_frame(const ShowSolutionFrame& frame);
std::string encode_frame(const PingFrame& frame);

}  // namespace tellina
