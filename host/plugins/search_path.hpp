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

/// Where an administrator installs plugins for all programs of this machine.
inline constexpr const char* site_plugin_folder = "/usr/local/lib/tellina/plugins";

/// The folders to search, in order: `from_options` (--plugin-dir), the colon-separated `from_environment`
/// (TELLINA_PLUGIN_PATH; empty parts are ignored), `from_config` (the key "plugins"), then those of `fixed` that exist.
/// If this is no folder at all, the last one of `fixed`.
std::vector<std::filesystem::path> plugin_search_path(const std::vector<std::string>& from_options,
                                                      std::string_view from_environment,
                                                      const std::vector<std::string>& from_config,
                                                      const std::vector<std::filesystem::path>& fixed);

/// The same, with the process's environment and the key "plugins" of the file `config`, which may be empty. The fixed
/// folders are site_plugin_folder and ../lib/tellina/plugins relative to the program's folder.
std::vector<std::filesystem::path> default_plugin_search_path(const std::vector<std::string>& from_options,
                                                              const std::string& config = {});

}  // namespace tellina
