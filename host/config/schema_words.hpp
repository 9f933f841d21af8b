#pragma once

/// How a schema reads in a sentence.

#include <string>

#include "tellina/config.hpp"

namespace tellina {

/// Whether the value is of a kind that `type` names; any is, where there is no `type`. 1.0 is no integer here.
bool accepts_kind(const Config& schema, const Config& value);

/// "a whole number from 0 to 65535", "null or an object": the kinds and bounds that the schema names.
std::string kind_words(const Config& schema);

}  // namespace tellina
