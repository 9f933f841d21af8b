#pragma once

/// A disk that can fill, and that can fail.

#include <filesystem>

#include "tellina/descriptor.hpp"

namespace tellina::testing {

/// A disk of 32 MiB that is visible to the thread that creates it and to the processes that this thread starts
/// afterwards. It disappears with the last of them, however that process ends. Needs root. Threads: one.
class SmallDisk {
 public:
  /// A disk in memory. Throws std::runtime_error if it cannot be mounted.
  explicit SmallDisk(const std::filesystem::path& folder);
  /// An ext4 file system in the file `image`, which is created: this disk can fail. Throws std::runtime_error.
  SmallDisk(const std::filesystem::path& folder, std::filesystem::path image);
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  /// Moves the thread back to the mount namespace without the disk.
  ~SmallDisk();

  void fill() const;
  void make_room() const;

  /// Makes the kernel find an error in the file system: from then on it refuses every write. What was written until now
  /// is kept. Needs an image. Throws std::runtime_error.
  void break_down() const;
  /// Repairs the file system with fsck and mounts it again. Waits up to 10 s until no process has a file on it open.
  /// Throws std::runtime_error.
  void repair() const;

 private:
  void mount_image() const;
  /// The kernel's name of the loop device, while it is mounted.
  std::string device() const;

  const std::filesystem::path m_folder;
  const std::filesystem::path m_image;
  const Descriptor m_namespace;
};

}  // namespace tellina::testing
