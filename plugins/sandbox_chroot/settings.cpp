#include "plugins/sandbox_chroot/settings.hpp"

#include <dlfcn.h>

#include <filesystem>

namespace tellina::chroot_sandbox {

namespace {
/// The folder above lib/tellina/plugins/, where this plugin lies.
std::filesystem::path find_prefix() {
  Dl_info info;
  if (dladdr(settings_schema, &info) == 0 || info.dli_fname == nullptr) return ".";
  std::error_code ignored;
  const std::filesystem::path file = std::filesystem::weakly_canonical(info.dli_fname, ignored);
  return file.parent_path().parent_path().parent_path().parent_path();
}

/// A path in the configuration counts from the configuration's folder.
std::string find_root_file_system(const Config& config, const std::filesystem::path& prefix) {
  const Config* given = config.find("root_file_system");
  if (!given) return prefix / "share/tellina/rootfs";
  return std::filesystem::absolute(std::filesystem::path(given->file()).parent_path() / given->as_string());
}

}  // namespace

Settings::Settings(const Config& config) {
  constexpr std::uint64_t mebibyte = 1024 * 1024;
  memory_in_bytes = static_cast<std::uint64_t>(config.integer_or("memory_in_mib", 256)) * mebibyte;
  processes = static_cast<std::uint64_t>(config.integer_or("processes", 64));
  const Config* cores = config.find("cpu");
  cpu = cores ? cores->as_number() : 0.5;
  disk_in_bytes = static_cast<std::uint64_t>(config.integer_or("disk_in_mib", 10)) * mebibyte;
  pool = static_cast<std::size_t>(config.integer_or("pool", 2));
  working_directory = config.string_or("working_directory", "~");
  if (const Config* network = config.find("network"); network && network->as_bool()) {
    network->fail("expected false, got true: the chroot sandbox has no network");
  }
  const std::filesystem::path prefix = find_prefix();
  launcher = prefix / "libexec/tellina/sandbox_launcher";
  init = prefix / "libexec/tellina/sandbox_init";
  root_maker = prefix / "share/tellina/docker_image/make_rootfs";
  root_file_system = find_root_file_system(config, prefix);
}

}  // namespace tellina::chroot_sandbox
