#pragma once

#include <string>
#include <vector>

#include "tellina/config.hpp"

namespace tellina::exec_sandbox {

/// The plugin's section of config.json, and the paths of its parts.
class Settings {
 public:
  /// Throws ConfigError. Accesses no file.
  explicit Settings(const Config& config);

  std::vector<std::string> command;  ///< never empty; the first is an absolute path, or a name to be found in PATH
  Config settings;                   ///< the program's own, an object
  std::string folder;                ///< absolute; the configuration's folder, in which the program runs
  std::string supervisor;            ///< path of the program
  std::string shell_folder;          ///< has the bashrc that makes a shell mark its commands
  std::string shell_marks;           ///< path of the shared object that the shell loads
};

/// In the header, so that the plugin's descriptor is constant-initialised.
inline constexpr char settings_schema[] = R"json({
  "type": "object",
  "properties": {
    "plugin": {"type": "string"},
    "command": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1},
      "description": "program that runs the sandboxes, and its arguments; a path with a \"/\" is relative to the configuration's folder"},
    "settings": {"type": "object", "default": {}, "additionalProperties": true,
      "description": "settings of the program, which checks them itself"}
  },
  "required": ["command"],
  "additionalProperties": false
})json";

/// A task's "sandbox": for the program, too.
inline constexpr char options_schema[] = R"json({
  "description": "options of the program for this task, which it checks itself",
  "type": "object",
  "additionalProperties": true
})json";

}  // namespace tellina::exec_sandbox
