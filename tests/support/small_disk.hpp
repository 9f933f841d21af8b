#pragma once

/// A disk that can fill.

#include <filesystem>

#include "tellina/descriptor.hpp"

namespace tellina::testing {

/// A disk of 32 MiB that is visible to the thread that creates it and to the processes that this thread starts
/// afterwards. It disappears with the last of them, however that process ends. Needs root. Threads: one.
class SmallDisk {
 public:
  /// Throws std::runtime_error if it cannot be mounted.
  explicit SmallDisk(const std::filesystem::path& folder);
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  /// Moves the thread back to the mount namespace without the disk.
  ~SmallDisk();

  void fill() const;
  void make_room() const;

 private:
  const std::filesystem::path m_folder;
  const Descriptor m_namespace;
};

}  // namespace tellina::testing
