#pragma once

#include <string>

#include "tellina/config.hpp"

namespace tellina {

/// The value as readable YAML: one key or entry per line, text without quotes if every YAML reader takes it for text,
/// and text of several lines as a block. read_yaml() returns the same value. Ends with a newline.
std::string pretty_yaml(const Config& value);

}  // namespace tellina
