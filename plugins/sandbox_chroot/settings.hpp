#pragma once

#include <cstdint>
#include <string>

#include "tellina/config.hpp"

namespace tellina::chroot_sandbox {

/// The plugin's section of config.json, and where its parts are.
class Settings {
 public:
  /// Throws ConfigError. Looks at no file.
  explicit Settings(const Config& config);

  std::uint64_t memory_in_bytes;
  std::uint64_t processes;  ///< of the participant, the shell among them
  double cpu;               ///< cores
  std::uint64_t disk_in_bytes;
  std::size_t pool;
  std::string working_directory;

  std::string launcher;          ///< path of the program
  std::string init;              ///< path of the program
  std::string root_file_system;  ///< path of the folder
  std::string root_maker;        ///< path of the script that makes it, where tellina is installed
};

/// In the header, so that the plugin's descriptor is plain data from the start.
inline constexpr char settings_schema[] = R"json({
  "type": "object",
  "properties": {
    "plugin": {"type": "string"},
    "memory_in_mib": {"type": "integer", "minimum": 16, "maximum": 1048576, "default": 256,
      "description": "memory of one session; without a memory cgroup, of each of its processes"},
    "processes": {"type": "integer", "minimum": 4, "maximum": 30000, "default": 64,
      "description": "processes of one session at a time, the shell among them"},
    "cpu": {"type": "number", "minimum": 0.05, "maximum": 1024, "default": 0.5,
      "description": "processor cores that one session may keep busy, where there is a cpu cgroup"},
    "disk_in_mib": {"type": "integer", "minimum": 1, "maximum": 1048576, "default": 10,
      "description": "size of the home directory, which lives in memory; it holds at most 4095 files"},
    "network": {"type": "boolean", "default": false, "description": "true is not supported by this sandbox"},
    "pool": {"type": "integer", "minimum": 0, "maximum": 1000, "default": 2,
      "description": "sandboxes made in advance, so that a participant need not wait for one"},
    "working_directory": {"type": "string", "default": "~", "pattern": "^(~$|~/|/)",
      "description": "where the shell starts: ~, ~/PATH or an absolute path inside the sandbox"},
    "root_file_system": {"type": "string",
      "description": "folder of the root file system, in place of the one that docker_image/make_rootfs has made"}
  },
  "additionalProperties": false
})json";

}  // namespace tellina::chroot_sandbox
