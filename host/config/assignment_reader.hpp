#pragma once

#include "host/config/design_sources.hpp"
#include "host/study/design.hpp"

namespace tellina {

/// Reads `assignment`, which must fit the schema, into a design whose blocks and treatments have been read.
void read_assignment(const Config& section, Design& design, Diagnostics& diagnostics);

/// Checks what needs the whole design: the step `at`, the seed, and that the flow has the periods of the groups.
/// `root`: the configuration.
void check_assignment(const Config& root, const Design& design, Diagnostics& diagnostics);

}  // namespace tellina
