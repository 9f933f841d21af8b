#pragma once

/// Where the host searches for plugins.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tellina {

/// The folder of the running program, with symbolic links resolved. Throws Error(internal) if the kernel does not
/// report it.
std::filesystem::path program_folder();

/// The folders to search, in order: `from_options` (--plugin-dir), the colon-separated `from_environment`
/// (TELLINA_PLUGIN_PATH; empty parts are ignored), and ../lib/tellina/plugins relative to `program_folder`. The last
/// one is left out if it does not exist and another folder is given.
std::vector<std::filesystem::path> plugin_search_path(const std::vector<std::string>& from_options,
                                                      std::string_view from_environment,
                                                      const std::filesystem::path& program_folder);

/// The same, with the process's environment and folder.
std::vector<std::filesystem::path> default_plugin_search_path(const std::vector<std::string>& from_options);

}  // namespace tellina
