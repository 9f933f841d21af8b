#pragma once

/// The names and numbers of the wire protocol `tellina.v1`, as in docs/protocol.md and static/js/core/protocol.js.

#include <cstddef>
#include <cstdint>

namespace tellina {

/// The WebSocket subprotocol.
inline constexpr const char* subprotocol = "tellina.v1";

inline constexpr const char* terminal_path = "/api/v1/terminal";
inline constexpr const char* login_path = "/api/v1/login";
inline constexpr const char* study_path = "/api/v1/study";
inline constexpr const char* about_path = "/api/v1/about";

/// A binary frame begins with the stream offset of its first byte, big-endian.
inline constexpr std::size_t frame_header = 8;
/// The most terminal bytes of one binary frame.
inline constexpr std::size_t frame_payload = 64 * 1024;
/// The most bytes of a frame from a client, header included.
inline constexpr std::size_t frame_limit = frame_header + frame_payload;

/// Bytes of input that a client sends beyond the last acknowledgement.
inline constexpr std::size_t input_window = 64 * 1024;
/// Bytes of output that the server sends beyond what the client has acknowledged.
inline constexpr std::size_t output_window = 256 * 1024;

/// The largest stream offset: JavaScript counts exactly up to here.
inline constexpr std::uint64_t offset_limit = (std::uint64_t{1} << 53) - 1;

/// The most columns, and the most rows, of a terminal. The least is 1.
inline constexpr std::uint64_t terminal_cells_limit = 1000;

static_assert(frame_header == sizeof(std::uint64_t));
static_assert(frame_payload <= input_window, "one full frame of input fits into the window");
static_assert(frame_payload <= output_window, "one full frame of output fits into the window");
static_assert(input_window <= output_window, "the echo of a full input window fits into the output window");

/// The close codes of a WebSocket. Below 3000: RFC 6455, section 7.4.1, and the registry that it founds.
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
}  // namespace close_code

}  // namespace tellina
