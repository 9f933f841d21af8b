#pragma once

/// The text frames that the server sends.

#include <cstdint>
#include <string>
#include <string_view>

#include "host/wire/client_frames.hpp"

namespace tellina {

/// What a check found, as far as the client may know it.
class ProgressFrame {
 public:
  ProgressFrame() = default;
  int matched = 0;
  int missing = 0;
  int extra = 0;
  int incorrect = 0;
  std::string detail = "[]";  ///< the JSON text of a list
};

// The server's frames, as JSON text. `state` is the text of a state object.
/// `sandbox` is empty where no task runs.
std::string welcome_frame(const RequestId& id, const std::string& stream, const std::string& sandbox,
                          std::uint64_t input_offset, std::uint64_t output_offset, std::uint64_t answered_offset,
                          const std::string& state);
std::string sandbox_replaced_frame(const std::string& sandbox);
std::string state_frame(const std::string& state);
std::string input_ack_frame(std::uint64_t input_offset);
std::string progress_frame(const ProgressFrame& progress);
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
