#include "plugins/sandbox_chroot/settings.hpp"

#include <filesystem>

namespace tellina::chroot_sandbox {

bool is_foreign_root(const std::string& root) {
  std::error_code ignored;
  return std::filesystem::exists(root + "/bin", ignored) &&
         !std::filesystem::exists(root + "/etc/tellina/root_file_system", ignored);
}

Settings::Settings(const Config& config) : CommonSettings(config) {
  launcher = find_prefix() / "libexec/tellina/sandbox_launcher";
  root_maker = find_prefix() / "share/tellina/docker_image/make_rootfs";
  const Config* given = config.find("root_file_system");
  root_file_system =
      given ? resolve_path(*given, given->as_string()) : std::string(find_prefix() / "share/tellina/rootfs");
  while (root_file_system.size() > 1 && root_file_system.ends_with('/')) root_file_system.pop_back();
  if (!packages.empty() && given && is_foreign_root(root_file_system)) {
    config.at("packages")
        .fail("expected none with a root_file_system that make_rootfs has not created (" + root_file_system +
              "), got " + std::to_string(packages.size()) +
              ": install them in that folder, or remove root_file_system");
  }
  std::string names;
  for (const std::string& package : packages) names += "," + package;
  // A file name has at most 255 bytes.
  constexpr std::size_t longest = 160;
  root_file_system += names.size() <= longest ? names : ",packages-" + digest(names);
}

Settings Settings::for_task(const Config& options) const {
  Settings settings = *this;
  settings.replace_with(options);
  return settings;
}

}  // namespace tellina::chroot_sandbox
