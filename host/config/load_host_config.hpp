#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/config/host_config.hpp"
#include "host/config/plugin_schemas.hpp"

namespace tellina {

/// Reads a configuration, in JSON or, if it is named *.yaml or *.yml, in YAML; checks all of it, and returns it with
/// every default filled in. Reads only the file and the texts,
/// pictures, archives and checkers that it names, and blocks on them. A reload calls it
/// again.
///
/// Throws ConfigError with all diagnostics, one per line, in the order of the file:
/// "config.json:12:17: server.port: expected a whole number from 0 to 65535, got 70000".
HostConfig load_host_config(const std::string& file, const PluginSchemas& plugins);

/// The same for a text in memory. `file` determines the form, appears in messages, and gives the folder for relative
/// paths.
HostConfig parse_host_config(std::string_view text, const std::string& file, const PluginSchemas& plugins);

/// The folders of the key "plugins", with absolute paths. Needed before load_host_config(), which checks the key too
/// and reports every error: if the file cannot be read, or the key is not a list of texts, this returns no folder.
std::vector<std::string> read_plugin_folders(const std::string& file);

}  // namespace tellina
