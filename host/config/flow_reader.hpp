#pragma once

#include "host/config/design_sources.hpp"
#include "host/study/design.hpp"

namespace tellina {

/// Reads the section `flow`, which must fit the schema, into a design whose blocks, forms and groups have been read.
/// `has_groups`: whether groups are configured, even if they have errors.
void read_flow(const Config& section, bool has_groups, Design& design, DesignSources& sources);

}  // namespace tellina
