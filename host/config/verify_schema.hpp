#pragma once

#include "tellina/config.hpp"

namespace tellina {

/// Throws ConfigError with the place of the first thing in a schema that SchemaWalker does not understand: an unknown
/// keyword, a pattern that is not an ECMAScript regular expression, or a keyword whose value has the wrong type.
void verify_schema(const Config& schema);

}  // namespace tellina
