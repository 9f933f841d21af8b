#pragma once

/// Home directories as folders of this machine: FOLDER/tellina.OWNER.ID/home, in a room that only this user may enter.

#include <atomic>
#include <string>
#include <vector>

#include "posix.hpp"
#include "tellina/sandbox.hpp"

namespace local_sandbox {

/// One home. Lifetime: it is removed with the object; end the processes in it before.
class Home {
 public:
  /// Makes and fills it. Throws Error(seed_failed) with path and reason, and leaves nothing.
  Home(const std::string& folder, const tellina::OwnerId& owner, const tellina::SandboxId& id,
       const tellina::FileTree& initial);
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  ~Home() { remove(); }

  const std::string& path() const { return m_path; }

  /// Throws Error(gone) soon after `cancelled` has become true.
  tellina::FileTree snapshot(const tellina::SnapshotRequest& request, tellina::Clock& clock,
                             const std::atomic<bool>& cancelled) const;

  /// Returns 0, or the errno of what could not be removed. Idempotent.
  int remove();

  /// Removes the homes of an owner, except those in `keep`; returns how many. Warns of those that will not go.
  static std::size_t sweep(const std::string& folder, const tellina::OwnerId& owner,
                           const std::vector<tellina::SandboxId>& keep, tellina::Log& log);

 private:
  std::string m_folder;
  std::string m_room;  ///< a name in the folder
  std::string m_path;
  Descriptor m_home;
  bool m_is_there = false;
};

/// Fills an empty directory. Throws Error(seed_failed).
void seed(int directory, const tellina::FileNode& root);

/// What a directory holds, whatever its owner does to it meanwhile.
tellina::FileTree read_tree(int directory, const tellina::SnapshotRequest& request, tellina::Clock& clock,
                            const std::atomic<bool>& cancelled);

/// Removes FOLDER/NAME and all in it; follows no link. Returns 0 or an errno.
int remove_tree(const std::string& folder, const std::string& name);

}  // namespace local_sandbox
