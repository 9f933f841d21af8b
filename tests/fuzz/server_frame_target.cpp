#include "fuzz/target.hpp"
#include "host/wire/frame_fields.hpp"
#include "host/wire/server_frames.hpp"

namespace tellina::fuzz {

/// Frames and state objects from a server, as self-test and load generator read them.
FUZZ_TARGET(server_frame) {
  try {
    const ServerFrame frame = decode_server_frame(input);
    if (const auto* change = std::get_if<StateFrame>(&frame)) decode_study_state(change->state);
    if (const auto* welcome = std::get_if<WelcomeFrame>(&frame)) decode_study_state(welcome->state);
  } catch (const FrameError&) {
  }
  try {
    decode_study_state(input);
  } catch (const FrameError&) {
  }
}

}  // namespace tellina::fuzz
