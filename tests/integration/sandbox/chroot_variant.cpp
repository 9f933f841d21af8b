#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/places.hpp"
#include "variant.hpp"

namespace tellina::test::variant {
namespace fs = std::filesystem;

const std::string plugin = plugin_file("sandbox_chroot");
const bool is_docker = false;
const std::size_t processes_of_an_instance = 2;  // launcher and init

std::map<std::string, Setting> settings() { return {}; }

Processes sandbox_processes(int host) { return descendants(host); }

std::vector<std::string> leftovers() {
  // Mounts at or below a root file system. Others belong to other programs.
  std::ifstream file("/proc/self/mountinfo");
  std::vector<std::string> found;
  for (std::string line; std::getline(file, line);) {
    if (line.find("/rootfs") != std::string::npos) found.push_back(line);
  }
  return found;
}

std::vector<std::string> leftovers_of(const OwnerId& owner) {
  std::vector<std::string> found;
  std::error_code none;
  for (const auto& hierarchy : fs::directory_iterator("/sys/fs/cgroup", none)) {
    const fs::path directory = hierarchy.path() / "tellina" / owner;
    if (fs::exists(directory, none)) found.push_back(directory);
  }
  return found;
}

}  // namespace tellina::test::variant
