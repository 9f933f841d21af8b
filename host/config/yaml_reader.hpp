#pragma once

#include <string>
#include <string_view>

#include "host/config/document.hpp"
#include "host/limits.hpp"

namespace tellina {

/// A YAML text as a value, and what is lost when it is written in another form.
struct YamlDocument {
  ConfigDocument document;
  std::size_t comments = 0;
};

/// Reads the subset of YAML on which all YAML readers agree and that JSON can express: objects, arrays, strings (plain,
/// quoted, `|` and `>`), true, false, null and numbers in JSON's syntax. The text is UTF-8, with or without a byte
/// order mark, nested at most limits::config_depth levels. `file` is the name in messages and places.
///
/// Throws ConfigError with the first syntax error, or with every part on which readers disagree, each with its place:
/// words such as no and 010, keys that are not strings, anchors, aliases, merge keys, tags, directives, a second
/// document, tabs as indentation. Reports well-formed but invalid parts to `diagnostics`, like read_json().
YamlDocument read_yaml(std::string_view text, const std::string& file, Diagnostics& diagnostics);

}  // namespace tellina
