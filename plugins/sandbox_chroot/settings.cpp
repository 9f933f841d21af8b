#include "plugins/sandbox_chroot/settings.hpp"

namespace tellina::chroot_sandbox {

Settings::Settings(const Config& config) : CommonSettings(config) {
  launcher = find_prefix() / "libexec/tellina/sandbox_launcher";
  root_maker = find_prefix() / "share/tellina/docker_image/make_rootfs";
  const Config* given = config.find("root_file_system");
  root_file_system =
      given ? resolve_path(*given, given->as_string()) : std::string(find_prefix() / "share/tellina/rootfs");
}

}  // namespace tellina::chroot_sandbox
