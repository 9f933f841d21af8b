#pragma once

/// Home directories as folders of this machine: FOLDER/tellina.OWNER.ID/home, in a parent folder that only this user
/// may enter.

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "posix.hpp"
#include "tellina/sandbox.hpp"

namespace local_sandbox {

/// One home. Lifetime: it is removed with the object, so end its processes first.
class Home {
 public:
  /// Creates and fills it. Throws Error(seed_failed) with path and reason, and Error(timed_out) at `end`; then nothing
  /// is left behind.
  Home(const std::string& folder, const tellina::OwnerId& owner, const tellina::SandboxId& id,
       const tellina::FileTree& initial, std::chrono::steady_clock::time_point end);
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  ~Home() { remove(); }

  const std::string& path() const { return m_path; }

  /// Throws Error(gone) soon after `cancelled` becomes true.
  tellina::FileTree snapshot(const tellina::SnapshotRequest& request, tellina::Clock& clock,
                             const std::atomic<bool>& cancelled) const;

  /// Returns 0, or the errno of a file that could not be removed. Idempotent.
  int remove();

  /// Removes an owner's homes, except those in `keep`; returns how many. Warns of homes that cannot be removed.
  static std::size_t sweep(const std::string& folder, const tellina::OwnerId& owner,
                           const std::vector<tellina::SandboxId>& keep, tellina::Log& log);

 private:
  std::string m_folder;
  std::string m_name;  ///< of the sandbox's folder in m_folder
  std::string m_path;
  Descriptor m_home;
  bool m_exists = false;
};

/// Fills an empty directory. Throws Error(seed_failed), and Error(timed_out) at `end`.
void seed(int directory, const tellina::FileNode& root, std::chrono::steady_clock::time_point end);

/// Reads a directory, whatever its owner does to it meanwhile.
tellina::FileTree read_tree(int directory, const tellina::SnapshotRequest& request, tellina::Clock& clock,
                            const std::atomic<bool>& cancelled);

/// Removes FOLDER/NAME and everything in it; does not follow links. Returns 0 or an errno.
int remove_tree(const std::string& folder, const std::string& name);

}  // namespace local_sandbox
