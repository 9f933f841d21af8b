#pragma once

#include <string>

#include "plugins/sandbox_common/settings.hpp"

namespace tellina::chroot_sandbox {

using namespace sandbox_common;

/// The plugin's section of config.json, and where its parts are.
class Settings : public CommonSettings {
 public:
  /// Throws ConfigError, also for packages together with a root file system of another maker.
  explicit Settings(const Config& config);

  std::string launcher;          ///< path of the program
  std::string root_file_system;  ///< path of the folder; each set of packages has one of its own, beside the usual one
  std::string root_maker;        ///< path of the script that makes it
};

/// Whether the root file system is there and not made by make_rootfs, which leaves its mark in those that it makes.
bool is_of_another_maker(const std::string& root);

/// In the header, so that the plugin's descriptor is plain data from the start.
inline constexpr char settings_schema[] =
    R"json({
  "type": "object",
  "properties": {)json"
#include "plugins/sandbox_common/settings_schema.inc"
    R"json(
    "root_file_system": {"type": "string",
      "description": "folder of the root file system, in place of the one that docker_image/make_rootfs has made"}
  },
  "additionalProperties": false
})json";

}  // namespace tellina::chroot_sandbox
