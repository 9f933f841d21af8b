#pragma once

/// What stands between a file and yaml-cpp, so that only JSON gets through.
///
/// yaml-cpp 0.7 reads YAML: it lets comments, bare words, 010, empty values and much else pass, and it refuses three
/// things that are JSON: surrogate pairs (the way Python's json.dumps writes an emoji), keys of more than 1024 bytes
/// and a line break between a key and its colon. So the text is checked against RFC 8259 here, strings are decoded
/// here, and yaml-cpp gets a text with every value in the same place and none of the three: "k:" stands for each key.

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "host/config/diagnostics.hpp"

namespace tellina {

/// A text that was found to be JSON.
class JsonText {
 public:
  JsonText() = default;
  std::string for_yaml;                                  ///< to be parsed; offsets are those of the source
  std::unordered_map<std::size_t, std::string> strings;  ///< decoded (UTF-8), by the offset of the opening quote
  std::vector<std::size_t> lone_surrogates;              ///< offsets; U+FFFD stands for each in `strings`
};

/// Checks `source` (UTF-8 without a byte order mark) against RFC 8259; nesting is at most 200 levels.
/// `file` is for messages. Throws ConfigError with the first syntax error.
JsonText check_json_text(std::string_view source, const std::string& file);

/// The line and column of an offset.
TextPlace place_of(std::string_view source, std::size_t offset);

}  // namespace tellina
