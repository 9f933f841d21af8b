#pragma once

/// The commands of a task session, as a checker reads them.

#include "host/study/records.hpp"
#include "tellina/bytes.hpp"

namespace tellina {

/// A line of /check/session.jsonl: {"number", "text", "cwd", "exit_status", "output_base64"}. In text that is not
/// UTF-8, U+FFFD replaces each bad byte; the status is null if there is none.
Bytes command_line_of(const CommandRecord& command);

}  // namespace tellina
