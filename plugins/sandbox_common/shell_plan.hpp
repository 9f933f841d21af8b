#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/sandbox_common/settings.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::sandbox_common {

/// How to start the shell, or a program in its place.
class ShellPlan {
 public:
  /// The plan is the same for every sandbox, except for what the spec and the settings add. Throws Error.
  ShellPlan(const SandboxSpec& spec, const CommonSettings& settings);
  /// The plan for a program without a terminal. Throws Error.
  ShellPlan(const RunSpec& spec, const CommonSettings& settings);

  std::string working_directory;         ///< absolute
  std::vector<std::string> arguments;    ///< the first is the program: a path, or a name to find in PATH
  std::vector<std::string> environment;  ///< "NAME=value"
  std::uint64_t processes = 0;           ///< 0: no limit
  std::uint64_t address_space = 0;       ///< bytes; 0: no limit
  bool refuses_shared_memory = false;    ///< programs may not map shared anonymous memory
  std::uint32_t processors = 0;          ///< how many the shell may run on; 0: all
};

/// Where a probe's shell starts: in `configured`, the configured working directory, if the sandbox itself has it. A
/// directory in the home comes with a task's files, which a probe does not have; then it starts in "~".
std::string probe_directory(const std::string& configured);

/// Throws Error(bad_request), because names become parts of paths.
void check_name(const std::string& name, const char* what);

}  // namespace tellina::sandbox_common
