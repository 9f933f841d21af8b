#pragma once

/// Output figures: bytes a second, and how soon Ctrl-C stops a flood.

#include <optional>

#include "host/bench/sample.hpp"
#include "host/bench/session_group.hpp"

namespace tellina::bench {

/// The first session prints this much output, in lines of 76 characters. Compares every byte.
Sample measure_flood(SessionGroup& group, std::size_t mebibytes, Progress& progress);

/// The first session prints without end; then Ctrl-C is pressed. Measures the time from the key to the next prompt,
/// which comes after the last output. `reading_rate`: bytes a second that the client reads; nothing: as fast as
/// possible.
Sample measure_interrupt(const std::string& figure, SessionGroup& group, std::optional<double> reading_rate,
                         Progress& progress);

}  // namespace tellina::bench
