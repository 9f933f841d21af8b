#pragma once

#include <vector>

#include "host/config/design_sources.hpp"
#include "host/study/form.hpp"

namespace tellina {

/// Reads the section `questionnaires`, which must fit the schema.
std::vector<Form> read_forms(const Config& section, DesignSources& sources);

/// The value as an answer of a form would be.
boost::json::value to_json(const Config& value);

}  // namespace tellina
