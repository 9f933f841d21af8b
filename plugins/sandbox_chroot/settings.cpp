#include "plugins/sandbox_chroot/settings.hpp"

namespace tellina::chroot_sandbox {

Settings::Settings(const Config& config) : CommonSettings(config) {
  launcher = find_prefix() / "libexec/tellina/sandbox_launcher";
  root_maker = find_prefix() / "share/tellina/docker_image/make_rootfs";
  const Config* given = config.find("root_file_system");
  root_file_system =
      given ? resolve_path(*given, given->as_string()) : std::string(find_prefix() / "share/tellina/rootfs");
  while (root_file_system.size() > 1 && root_file_system.ends_with('/')) root_file_system.pop_back();
  std::string names;
  for (const std::string& package : packages) names += "," + package;
  // A file's name has at most 255 bytes.
  constexpr std::size_t longest = 160;
  root_file_system += names.size() <= longest ? names : ",packages-" + digest(names);
}

}  // namespace tellina::chroot_sandbox
