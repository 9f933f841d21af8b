#pragma once

#include <string>
#include <string_view>

#include "host/config/diagnostics.hpp"
#include "tellina/config.hpp"

namespace tellina {

/// A JSON text as a value whose every part knows its place.
class JsonDocument {
 public:
  JsonDocument() = default;
  Config root;
  KeyPlaces keys;
};

/// Reads strict JSON (RFC 8259, UTF-8, a byte order mark is fine). `file` stands in messages and places.
///
/// Throws ConfigError with the first syntax error. What is well formed and still wrong (a key that stands twice in one
/// object, an integer that does not fit into 64 bits, half a surrogate pair) goes to `diagnostics`, all of it; of two
/// equal keys the first one stays.
JsonDocument read_json(std::string_view text, const std::string& file, Diagnostics& diagnostics);

/// For texts that are expected to be good: throws ConfigError with every complaint.
Config read_json(std::string_view text, const std::string& file);

}  // namespace tellina
