#include "host/plugins/search_path.hpp"

#include <algorithm>
#include <cstdlib>
#include <system_error>

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
                                         std::string_view from_environment, const fs::path& program_folder) {
  std::vector<fs::path> folders(from_options.begin(), from_options.end());
  while (!from_environment.empty()) {
    const std::string_view part = from_environment.substr(0, from_environment.find(':'));
    if (!part.empty()) folders.emplace_back(part);
    from_environment.remove_prefix(std::min(part.size() + 1, from_environment.size()));
  }
  const fs::path beside_program = (program_folder / "../lib/tellina/plugins").lexically_normal();
  std::error_code ignored;
  if (folders.empty() || fs::exists(beside_program, ignored)) folders.push_back(beside_program);
  return folders;
}

std::vector<fs::path> default_plugin_search_path(const std::vector<std::string>& from_options) {
  const char* from_environment = std::getenv("TELLINA_PLUGIN_PATH");
  return plugin_search_path(from_options, from_environment ? from_environment : "", program_folder());
}

}  // namespace tellina
