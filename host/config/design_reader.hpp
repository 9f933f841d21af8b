#pragma once

#include "host/config/design_sources.hpp"
#include "host/study/design.hpp"

namespace tellina {

/// Reads all sections of a configuration that describe the design of the study; each that is present must fit the
/// schema. Errors go to the diagnostics of `sources`.
Design read_design(const Config& root, DesignSources& sources);

}  // namespace tellina
