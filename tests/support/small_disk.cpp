#include "support/small_disk.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "support/places.hpp"
#include "support/server_process.hpp"

namespace tellina::testing {
namespace {

void enter_own_namespace() {
  if (::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0) return;
  throw std::runtime_error(std::string("only root can mount a disk: run this test as root: ") + std::strerror(errno));
}

/// Throws std::runtime_error with the program's output if its status is above `most_status`.
std::string run(const std::string& program, const std::vector<std::string>& words, int most_status = 0) {
  const TemporaryFolder folder("disk_tool");
  ChildProcess child(program, words, folder.path(), "tool");
  const std::optional<int> status = child.wait(std::chrono::seconds(20));
  if (status && *status <= most_status) return child.output();
  throw std::runtime_error(program + " failed: " + child.output() + child.errors());
}

/// Throws std::runtime_error if `condition` is not met within 10 s.
void wait_until(const std::string& what, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("this did not happen within 10 s: " + what);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace

SmallDisk::SmallDisk(const std::filesystem::path& folder)
    : m_folder(folder), m_namespace(::open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC)) {
  std::filesystem::create_directories(folder);
  enter_own_namespace();
  if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=32m") == 0) return;
  throw std::runtime_error(std::string("cannot mount a disk in memory: ") + std::strerror(errno));
}

SmallDisk::SmallDisk(const std::filesystem::path& folder, std::filesystem::path image)
    : m_folder(folder),
      m_image(std::move(image)),
      m_namespace(::open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC)) {
  std::filesystem::create_directories(folder);
  enter_own_namespace();
  std::ofstream(m_image).close();
  std::filesystem::resize_file(m_image, std::uintmax_t{32} << 20U);
  run("/sbin/mkfs.ext4", {"-q", "-F", m_image.string()});
  mount_image();
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

void SmallDisk::break_down() const {
  const Descriptor folder(::open(m_folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (::syncfs(folder.get()) != 0) {
    throw std::runtime_error(std::string("the disk cannot be synced before it breaks: ") + std::strerror(errno));
  }
  // The kernel may let this write fail with the error that the write causes.
  std::ofstream(std::filesystem::path("/sys/fs/ext4") / device() / "trigger_fs_error")
      << "a test broke this disk" << std::flush;
  if (!std::ofstream(m_folder / "probe")) return;
  throw std::runtime_error("the disk still takes writes after the kernel found an error in it");
}

void SmallDisk::repair() const {
  const std::filesystem::path in_use = std::filesystem::path("/sys/block") / device() / "loop/backing_file";
  wait_until("nobody has files open on the broken disk", [this] {
    if (::umount(m_folder.c_str()) == 0) return true;
    if (errno != EBUSY) {
      throw std::runtime_error(std::string("cannot unmount the broken disk: ") + std::strerror(errno));
    }
    return false;
  });
  // Sandboxes that are ending have it mounted, too. The kernel releases the image after it has written everything to
  // it.
  wait_until("the broken disk is mounted nowhere", [&] { return !std::filesystem::exists(in_use); });
  // Status 1: "file system errors corrected", fsck(8).
  run("/sbin/fsck.ext4", {"-f", "-y", m_image.string()}, 1);
  mount_image();
}

std::string SmallDisk::device() const {
  std::string device = run("/bin/findmnt", {"--noheadings", "--output", "SOURCE", m_folder.string()});
  while (!device.empty() && device.back() == '\n') device.pop_back();
  return std::filesystem::path(device).filename();
}

void SmallDisk::mount_image() const {
  run("/bin/mount", {"-o", "loop,errors=remount-ro", m_image.string(), m_folder.string()});
}

}  // namespace tellina::testing
