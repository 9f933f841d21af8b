#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tellina/config.hpp"

namespace tellina::sandbox_common {

/// What one session may use.
class SessionLimits {
 public:
  std::uint64_t memory_in_bytes = 0;
  std::uint64_t processes = 0;      ///< of the participant, shell included
  double cpu = 0;                   ///< cores
  std::uint64_t disk_in_bytes = 0;  ///< of the home
  std::uint64_t tmp_in_bytes = 0;   ///< of /tmp, and of /dev/shm

  /// Takes the limits that the object has (options_schema.inc); null has none.
  void replace_with(const Config& options);
};

/// The keys that all built-in sandboxes share in config.json.
class CommonSettings : public SessionLimits {
 public:
  /// Throws ConfigError. Accesses no file.
  explicit CommonSettings(const Config& config);

  std::size_t pool;
  std::string working_directory;
  std::string timezone;               ///< empty: that of the participant's browser
  std::vector<std::string> packages;  ///< in alphabetical order, each once
  std::string init;                   ///< path of the program
  std::string shell_marks;            ///< path of the shared object that the shell loads
};

/// The folder above lib/tellina/plugins/, which contains the plugin.
std::filesystem::path find_prefix();

/// Resolves a path in the configuration relative to the configuration's folder.
std::string resolve_path(const Config& value, const std::string& path);

/// FNV-1a, as 16 hexadecimal digits: a short name of fixed length for any text.
std::string digest(const std::string& text);

/// Runs a script that is part of tellina, with its output on standard error. `environment` ("NAME=value") is added to
/// this process's environment. Throws Error if the script is missing or fails.
void run_bundled_script(const std::string& script, const std::vector<std::string>& arguments,
                        const std::vector<std::string>& environment = {});

/// Throws Error(bad_config) if the time zone database in the folder `zoneinfo` lacks the configured time zone. Without
/// that folder, accepts every time zone.
void require_timezone(const CommonSettings& settings, const std::string& zoneinfo);

/// The content of /proc/meminfo in a sandbox: the session's memory, or the machine's if that is less. Reports all of it
/// as free, because the text does not change.
std::string describe_memory(std::uint64_t memory_in_bytes);

/// "16 per session", for a LimitReport of sandboxes with their own devpts.
std::string describe_terminals();
/// "10 MiB", for a LimitReport.
std::string in_mebibytes(std::uint64_t bytes);
/// "0.5 cores", for a LimitReport.
std::string in_cores(double cpu);

}  // namespace tellina::sandbox_common
