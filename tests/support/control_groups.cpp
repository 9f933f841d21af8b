#include "support/control_groups.hpp"

#include <filesystem>

namespace tellina::testing {

namespace fs = std::filesystem;

std::vector<std::string> control_groups_of(const std::set<std::string>& workers) {
  std::vector<std::string> found;
  std::error_code ignored;
  const auto options = fs::directory_options::skip_permission_denied;
  for (auto entry = fs::recursive_directory_iterator("/sys/fs/cgroup", options, ignored);
       entry != fs::recursive_directory_iterator(); entry.increment(ignored)) {
    const fs::path& path = entry->path();
    if (!entry->is_directory(ignored))
      entry.disable_recursion_pending();
    else if (path.parent_path().filename() == "tellina" && workers.contains(path.filename()))
      found.push_back(path);
  }
  return found;
}

}  // namespace tellina::testing
