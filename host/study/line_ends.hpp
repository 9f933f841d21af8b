#pragma once

namespace tellina {

/// Ctrl-O (operate-and-get-next) ends a line in readline, as CR and LF do.
inline constexpr bool ends_line(char byte) { return byte == '\r' || byte == '\n' || byte == '\x0f'; }

}  // namespace tellina
