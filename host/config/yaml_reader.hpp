#pragma once

#include <string>
#include <string_view>

#include "host/config/document.hpp"
#include "host/limits.hpp"

namespace tellina {

/// A YAML text as a value, and what it loses when it is written in another form.
struct YamlDocument {
  ConfigDocument document;
  std::size_t comments = 0;
};

/// Reads the part of YAML that every YAML reader reads alike and that says no more than JSON can: objects, arrays,
/// strings (plain, quoted, `|` and `>`), true, false, null and numbers as JSON writes them. The text is UTF-8, with or
/// without a byte order mark, nested at most limits::config_depth levels. `file` is the name in messages and places.
///
/// Throws ConfigError with the first syntax error, or with everything that has another meaning elsewhere, each with its
/// place: words such as no and 010, keys that are not strings, anchors, aliases, merge keys, tags, directives, a second
/// document, tabs as indentation. What is well formed but wrong goes to `diagnostics`, as read_json() does it.
YamlDocument read_yaml(std::string_view text, const std::string& file, Diagnostics& diagnostics);

}  // namespace tellina
