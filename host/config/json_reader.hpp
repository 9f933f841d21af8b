#pragma once

#include <string>
#include <string_view>

#include "host/config/document.hpp"
#include "host/limits.hpp"

namespace tellina {

/// Reads strict JSON (RFC 8259, UTF-8, with or without a byte order mark), nested at most limits::config_depth levels.
/// `file` is the name in messages and places.
///
/// Throws ConfigError with the first syntax error. Reports all well-formed but invalid parts to `diagnostics` (a key
/// that occurs twice in one object, an integer that does not fit into 64 bits, half a surrogate pair). Of two equal
/// keys it keeps the first.
ConfigDocument read_json(std::string_view text, const std::string& file, Diagnostics& diagnostics);

/// For texts that should be correct: throws ConfigError with all diagnostics.
Config read_json(std::string_view text, const std::string& file);

}  // namespace tellina
