#include "host/plugins/search_path.hpp"

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "host/config/load_host_config.hpp"
#include "tellina/error.hpp"

namespace tellina {

namespace fs = std::filesystem;

fs::path program_folder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error) throw Error(ErrorCode::internal, "cannot read /proc/self/exe: " + error.message());
  return program.parent_path();
}

std::vector<fs::path> plugin_search_path(const std::vector<std::string>& from_options,
                                         std::string_view from_environment, const std::vector<std::string>& from_config,
                                         const std::vector<fs::path>& fixed) {
  std::vector<fs::path> folders(from_options.begin(), from_options.end());
  while (!from_environment.empty()) {
    const std::string_view part = from_environment.substr(0, from_environment.find(':'));
    if (!part.empty()) folders.emplace_back(part);
    from_environment.remove_prefix(std::min(part.size() + 1, from_environment.size()));
  }
  folders.insert(folders.end(), from_config.begin(), from_config.end());
  for (const fs::path& folder : fixed) {
    std::error_code ignored;
    if (fs::exists(folder, ignored)) folders.push_back(folder);
  }
  if (folders.empty() && !fixed.empty()) folders.push_back(fixed.back());
  return folders;
}

std::vector<fs::path> default_plugin_search_path(const std::vector<std::string>& from_options,
                                                 const std::string& config) {
  const char* from_environment = std::getenv("TELLINA_PLUGIN_PATH");
  const fs::path beside_program = (program_folder() / "../lib/tellina/plugins").lexically_normal();
  return plugin_search_path(from_options, from_environment ? from_environment : "",
                            config.empty() ? std::vector<std::string>() : read_plugin_folders(config),
                            {site_plugin_folder, beside_program});
}

}  // namespace tellina
