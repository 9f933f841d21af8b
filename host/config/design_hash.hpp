#pragma once

#include <string>

#include "host/study/design.hpp"
#include "tellina/config.hpp"

namespace tellina {

/// SHA-256 of what must not change while participants are under way: blocks, treatments, questionnaires, flow and
/// groups, with the content of their files, but without limits of time, targets and closed groups. `root`: the
/// configuration, which fits the schema. Empty if the study has none of these sections.
std::string design_hash(const Config& root, const Design& design);

}  // namespace tellina
