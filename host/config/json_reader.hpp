#pragma once

#include <string>
#include <string_view>

#include "host/config/document.hpp"
#include "host/limits.hpp"

namespace tellina {

/// Reads strict JSON (RFC 8259, UTF-8, with or without a byte order mark), nested at most limits::config_depth levels.
/// `file` is the name in messages and places.
///
/// Throws ConfigError with the first syntax error. What is well formed but wrong (a key that occurs twice in one
/// object, an integer that does not fit into 64 bits, half a surrogate pair) goes to `diagnostics`, all of it; of two
/// equal keys the first one stays.
ConfigDocument read_json(std::string_view text, const std::string& file, Diagnostics& diagnostics);

/// For texts that are expected to be correct: throws ConfigError with all diagnostics.
Config read_json(std::string_view text, const std::string& file);

}  // namespace tellina
