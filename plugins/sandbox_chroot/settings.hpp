#pragma once

#include <string>

#include "plugins/sandbox_common/settings.hpp"

namespace tellina::chroot_sandbox {

using namespace sandbox_common;

/// The plugin's section of config.json, and the paths of its parts.
class Settings : public CommonSettings {
 public:
  /// Throws ConfigError, also for packages together with a root file system that make_rootfs has not created.
  explicit Settings(const Config& config);
  /// Those of a task with its own limits; null has none.
  Settings for_task(const Config& options) const;

  std::string launcher;          ///< path of the program
  std::string root_file_system;  ///< path of the folder; each set of packages has a separate one, next to the default
  std::string root_maker;        ///< path of the script that creates it
};

/// Whether the root file system exists and has no mark of make_rootfs.
bool is_foreign_root(const std::string& root);

/// In the header, so that the plugin's descriptor is constant-initialised.
inline constexpr char settings_schema[] =
    R"json({
  "type": "object",
  "properties": {)json"
#include "plugins/sandbox_common/settings_schema.inc"
    R"json(
    "root_file_system": {"type": "string",
      "description": "folder of the root file system, instead of the one that docker_image/make_rootfs creates"}
  },
  "additionalProperties": false
})json";

inline constexpr char options_schema[] =
    R"json({
  "type": "object",
  "description": "limits of this task's sandbox",
  "properties": {)json"
#include "plugins/sandbox_common/options_schema.inc"
    R"json(
    "image": {"type": "null", "x-expected": "no image, as the sandbox \"chroot\" has one root file system"}
  },
  "additionalProperties": false
})json";

}  // namespace tellina::chroot_sandbox
