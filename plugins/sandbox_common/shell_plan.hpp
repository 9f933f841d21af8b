#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tellina/sandbox.hpp"

namespace tellina::sandbox_common {

/// What the shell is started with.
class ShellPlan {
 public:
  /// The shell of every sandbox, with what the spec adds. `configured` is the working directory of a spec that names
  /// none. Throws Error.
  ShellPlan(const SandboxSpec& spec, const std::string& configured);

  std::string working_directory;         ///< absolute
  std::vector<std::string> arguments;    ///< the first is the program's path
  std::vector<std::string> environment;  ///< "NAME=value"
  std::uint64_t processes = 0;           ///< 0: no limit
  std::uint64_t address_space = 0;       ///< bytes; 0: no limit
};

/// Throws Error(bad_request): names become parts of paths.
void check_name(const std::string& name, const char* what);

}  // namespace tellina::sandbox_common
