#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/sandbox_common/settings.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::sandbox_common {

/// What the shell is started with.
class ShellPlan {
 public:
  /// The shell of every sandbox, with what the spec and the settings add. Throws Error.
  ShellPlan(const SandboxSpec& spec, const CommonSettings& settings);

  std::string working_directory;         ///< absolute
  std::vector<std::string> arguments;    ///< the first is the program's path
  std::vector<std::string> environment;  ///< "NAME=value"
  std::uint64_t processes = 0;           ///< 0: no limit
  std::uint64_t address_space = 0;       ///< bytes; 0: no limit
  std::uint32_t processors = 0;          ///< that the shell may run on; 0: all
};

/// Where the shell of a probe starts: in `configured`, the working directory of the configuration, if the sandbox
/// itself has it. A directory in the home comes with a task's files, and a probe has none: it starts in "~" then.
std::string probe_directory(const std::string& configured);

/// Throws Error(bad_request): names become parts of paths.
void check_name(const std::string& name, const char* what);

}  // namespace tellina::sandbox_common
