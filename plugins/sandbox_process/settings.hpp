#pragma once

#include <string>

#include "tellina/config.hpp"

namespace tellina::process_sandbox {

/// The plugin's section of config.json, and the paths of its parts.
class Settings {
 public:
  /// Throws ConfigError. Accesses no file.
  explicit Settings(const Config& config);

  std::string directory;   ///< where homes are created
  std::string supervisor;  ///< path of the program
  std::string bashrc;      ///< path of the file that the shell reads
};

/// In the header, so that the plugin's descriptor is constant-initialised.
inline constexpr char settings_schema[] = R"json({
  "type": "object",
  "properties": {
    "plugin": {"type": "string"},
    "i_know_this_is_not_isolated": {"type": "boolean", "enum": [true],
      "description": "participants can do whatever the server's user can: read its files, use its network, end its processes"},
    "directory": {"type": "string", "minLength": 1,
      "description": "folder in which home directories are created, instead of $TMPDIR or /tmp"}
  },
  "required": ["i_know_this_is_not_isolated"],
  "additionalProperties": false
})json";

}  // namespace tellina::process_sandbox
