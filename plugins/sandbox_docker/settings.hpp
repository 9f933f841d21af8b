#pragma once

#include <string>

#include "plugins/sandbox_common/settings.hpp"

namespace tellina::docker_sandbox {

using namespace sandbox_common;

/// The plugin's section of config.json, and the paths of its parts.
class Settings : public CommonSettings {
 public:
  /// Throws ConfigError. Accesses no file. Reads DOCKER_HOST if the section has no socket.
  explicit Settings(const Config& config);
  /// Those of a task with its own image or limits; null has none.
  Settings for_task(const Config& options) const;

  std::string socket;       ///< path of the engine's socket
  std::string image;        ///< name of the image
  std::string image_maker;  ///< path of the script that creates it
  std::string study;        ///< identifies this study's containers: the path of its configuration
  std::string run_folder;   ///< of this study's sandboxes on this engine
};

/// In the header, so that the plugin's descriptor is constant-initialised.
inline constexpr char settings_schema[] =
    R"json({
  "type": "object",
  "properties": {)json"
#include "plugins/sandbox_common/settings_schema.inc"
    R"json(
    "socket": {"type": "string", "minLength": 1,
      "description": "the Docker engine's socket, a path or unix://PATH; without it DOCKER_HOST or /var/run/docker.sock"},
    "image": {"type": "string", "default": "tellina", "minLength": 1,
      "description": "name of the image, which `make image` builds"},
    "run_folder": {"type": "string", "minLength": 1,
      "description": "folder for the sockets to the sandboxes; without it /run/tellina, or as an ordinary user the folder tellina in XDG_RUNTIME_DIR"}
  },
  "additionalProperties": false
})json";

inline constexpr char options_schema[] =
    R"json({
  "type": "object",
  "description": "image and limits of this task's sandbox",
  "properties": {)json"
#include "plugins/sandbox_common/options_schema.inc"
    R"json(
    "image": {"type": "string", "minLength": 1, "description": "instead of sandbox.image"}
  },
  "additionalProperties": false
})json";

}  // namespace tellina::docker_sandbox
