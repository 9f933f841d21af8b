#include "plugins/sandbox_common/settings.hpp"

#include <dlfcn.h>

namespace tellina::sandbox_common {

std::filesystem::path find_prefix() {
  static const char in_this_plugin = 0;
  Dl_info info;
  if (dladdr(&in_this_plugin, &info) == 0 || info.dli_fname == nullptr) return ".";
  std::error_code ignored;
  const std::filesystem::path file = std::filesystem::weakly_canonical(info.dli_fname, ignored);
  return file.parent_path().parent_path().parent_path().parent_path();
}

std::string resolve_path(const Config& value, const std::string& path) {
  return std::filesystem::absolute(std::filesystem::path(value.file()).parent_path() / path);
}

std::string in_mebibytes(std::uint64_t bytes) { return std::to_string(bytes / (1024 * 1024)) + " MiB"; }

std::string in_cores(double cpu) {
  std::string cores = std::to_string(cpu);
  cores.erase(cores.find_last_not_of('0') + 1);
  if (cores.ends_with('.')) cores.pop_back();
  return cores + " cores";
}

CommonSettings::CommonSettings(const Config& config) {
  constexpr std::uint64_t mebibyte = 1024 * 1024;
  memory_in_bytes = static_cast<std::uint64_t>(config.integer_or("memory_in_mib", 256)) * mebibyte;
  processes = static_cast<std::uint64_t>(config.integer_or("processes", 64));
  const Config* cores = config.find("cpu");
  cpu = cores ? cores->as_number() : 0.5;
  disk_in_bytes = static_cast<std::uint64_t>(config.integer_or("disk_in_mib", 10)) * mebibyte;
  pool = static_cast<std::size_t>(config.integer_or("pool", 2));
  working_directory = config.string_or("working_directory", "~");
  if (const Config* network = config.find("network"); network && network->as_bool()) {
    network->fail("expected false, got true: this sandbox has no network");
  }
  init = find_prefix() / "libexec/tellina/sandbox_init";
}

}  // namespace tellina::sandbox_common
