#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "tellina/config.hpp"

namespace tellina::sandbox_common {

/// What every built-in sandbox is told in config.json.
class CommonSettings {
 public:
  /// Throws ConfigError. Looks at no file.
  explicit CommonSettings(const Config& config);

  std::uint64_t memory_in_bytes;
  std::uint64_t processes;  ///< of the participant, the shell among them
  double cpu;               ///< cores
  std::uint64_t disk_in_bytes;
  std::size_t pool;
  std::string working_directory;
  std::string init;  ///< path of the program
};

/// The folder above lib/tellina/plugins/, where the plugin lies.
std::filesystem::path find_prefix();

/// A path in the configuration counts from the configuration's folder.
std::string resolve_path(const Config& value, const std::string& path);

/// "10 MiB", for a LimitReport.
std::string in_mebibytes(std::uint64_t bytes);
/// "0.5 cores", for a LimitReport.
std::string in_cores(double cpu);

}  // namespace tellina::sandbox_common
