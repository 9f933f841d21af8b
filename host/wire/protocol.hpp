#pragma once

/// The names and numbers of the wire protocol `tellina.v1`, as in docs/protocol.md and static/js/core/protocol.js.

#include <cstddef>
#include <cstdint>

#include "host/limits.hpp"

namespace tellina {

/// The WebSocket subprotocol.
inline constexpr const char* subprotocol = "tellina.v1";

inline constexpr const char* terminal_path = "/api/v1/terminal";
inline constexpr const char* login_path = "/api/v1/login";
inline constexpr const char* join_path = "/api/v1/join";
inline constexpr const char* study_path = "/api/v1/study";
inline constexpr const char* about_path = "/api/v1/about";

static_assert(limits::frame_header == sizeof(std::uint64_t));
static_assert(limits::frame_payload <= limits::input_window, "one full frame of input fits into the window");
static_assert(limits::frame_payload <= limits::output_window, "one full frame of output fits into the window");
static_assert(limits::input_window <= limits::output_window,
              "the echo of a full input window fits into the output window");

/// The close codes of a WebSocket. Codes below 3000 are from RFC 6455, section 7.4.1, and its registry.
namespace close_code {
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t abnormal = 1006;  ///< never sent: the connection ended without a close frame
inline constexpr std::uint16_t policy_violation = 1008;
inline constexpr std::uint16_t too_big = 1009;
inline constexpr std::uint16_t internal_error = 1011;
inline constexpr std::uint16_t service_restart = 1012;
inline constexpr std::uint16_t try_again_later = 1013;
inline constexpr std::uint16_t replaced = 4001;  ///< a newer client of the same participant took over
inline constexpr std::uint16_t lost = 4002;      ///< a message was lost between gateway and worker
inline constexpr std::uint16_t wrong_participant = 4003;
static_assert(replaced >= 4000 && lost >= 4000 && wrong_participant < 5000, "RFC 6455, section 7.4.2: for private use");
}  // namespace close_code

}  // namespace tellina
