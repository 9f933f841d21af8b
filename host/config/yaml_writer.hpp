#pragma once

#include <string>

#include "tellina/config.hpp"

namespace tellina {

/// The value in YAML for people: one key or entry in a line, text without quotes where every YAML reader takes it for
/// text, and text of several lines as a block. read_yaml() gives the same value back. Ends with a newline.
std::string pretty_yaml(const Config& value);

}  // namespace tellina
