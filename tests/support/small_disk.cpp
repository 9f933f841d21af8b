#include "support/small_disk.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

namespace tellina::testing {
SmallDisk::SmallDisk(const std::filesystem::path& folder)
    : m_folder(folder), m_namespace(::open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC)) {
  std::filesystem::create_directories(folder);
  const bool is_there = ::unshare(CLONE_NEWNS) == 0 &&
                        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                        ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=32m") == 0;
  if (is_there) return;
  throw std::runtime_error(std::string("only root can mount a disk: run this test as root: ") + std::strerror(errno));
}

SmallDisk::~SmallDisk() {
  const std::filesystem::path here = std::filesystem::current_path();
  if (::setns(m_namespace.get(), CLONE_NEWNS) == 0) std::filesystem::current_path(here);
}

void SmallDisk::fill() const {
  std::ofstream ballast(m_folder / "ballast", std::ios::binary);
  while (ballast << std::string(4096, 'b') << std::flush) continue;
}

void SmallDisk::make_room() const { std::filesystem::remove(m_folder / "ballast"); }

}  // namespace tellina::testing
