#pragma once

#include "host/cli/arguments.hpp"

namespace tellina {

/// Names the configuration of a command that reads one and was given none: config.json of the current folder, or
/// study.yaml if only that exists. Throws ConfigError if both do.
void choose_config(Arguments& arguments);

}  // namespace tellina
