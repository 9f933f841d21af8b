#pragma once

/// The two forms of a configuration: JSON and YAML.

#include <cstddef>
#include <string>
#include <string_view>

#include "host/config/document.hpp"

namespace tellina {

enum class ConfigForm { json, yaml };

/// YAML for a name that ends in ".yaml" or ".yml", in upper or lower case; JSON for every other name.
ConfigForm form_of(std::string_view file);

/// Reads a text in the form that its file name indicates. Throws ConfigError; see read_json() and read_yaml().
ConfigDocument read_config_text(std::string_view text, const std::string& file, Diagnostics& diagnostics);

/// The result of convert_config().
struct ConvertedConfig {
  std::string text;
  std::size_t lost_comments = 0;
};

/// Writes the text of `from` in the form that the name `to` indicates. The value stays the same, and comments are lost.
/// Needs no plugin, and does not compare the value with a schema. Throws ConfigError with all diagnostics.
ConvertedConfig convert_config(std::string_view text, const std::string& from, const std::string& to);

}  // namespace tellina
