#pragma once

/// Figures of output: how much fits into a second, and how soon Ctrl-C silences it.

#include <optional>

#include "host/bench/sample.hpp"
#include "host/bench/session_group.hpp"

namespace tellina::bench {

/// The first session prints so much, in lines of 76 characters; every byte is compared.
Sample measure_flood(SessionGroup& group, std::size_t mebibytes, Progress& progress);

/// The first session prints without end; then Ctrl-C is pressed. From the key to the prompt after it, that is until
/// the last of the output has come. `reading_rate`: bytes a second that the client takes; nothing: all that comes.
Sample measure_interrupt(const std::string& figure, SessionGroup& group, std::optional<double> reading_rate,
                         Progress& progress);

}  // namespace tellina::bench
