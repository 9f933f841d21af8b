#pragma once

/// The folders that contain the sockets to the sandboxes, and show whose each sandbox is.
///
///   RUN_FOLDER/                           of one study on one engine; only its owner may enter
///     holders/HOLDER                      locked while the process that holds sandboxes under this name lives
///     sandboxes/TOKEN.HOLDER.OWNER.ID/    of one sandbox; while nobody has claimed it, OWNER and ID are empty
///       socket                            leads to its init
///       passwd, group                     its users, if `me` has a number of its own
///       check/                            of a program: the files that it finds in /check
///
/// A folder's name is the claim on it: one rename takes a sandbox over, and the previous holder sees that the old name
/// is gone. A killed holder loses its lock, so the sandboxes of dead and of living processes can be distinguished.

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "plugins/sandbox_common/deadline.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::docker_sandbox {

using namespace sandbox_common;

/// Files in a sandbox's folder that remove() removes.
inline constexpr const char* users_name = "passwd";
inline constexpr const char* groups_name = "group";

/// The name of a sandbox's folder.
class Claim {
 public:
  std::string token;   ///< of the container, whose name is tellina-TOKEN
  std::string holder;  ///< the process that holds it
  OwnerId owner;
  SandboxId id;

  std::string folder_name() const { return token + "." + holder + "." + owner + "." + id; }
  static std::optional<Claim> parse(const std::string& folder_name);
};

/// The folders of all sandboxes of a study.
///
/// Threads: any. Throws Error.
class RunFolder {
 public:
  RunFolder(std::string path, Random& random) : m_path(std::move(path)), m_random(random) {}
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  /// The name of this process as a holder. The first call creates the folders and takes the lock.
  std::string holder();
  /// Whether the process that holds sandboxes under this name is alive.
  bool is_held(const std::string& holder) const;

  const std::string& path() const { return m_path; }
  std::vector<Claim> list() const;
  std::string path_of(const Claim& claim) const;

  /// Creates a sandbox's folder with a listening socket.
  Descriptor make(const Claim& claim) const;
  /// Writes a file for all containers and returns its path. Running containers keep the file they started with.
  std::string share(const Claim& claim, const std::string& name, const std::string& text) const;
  /// Writes a file for one container into its folder and returns its path, which a rename() changes.
  std::string write(const Claim& claim, const std::string& name, const std::string& text) const;
  /// Writes the folder of a program and returns its path. Throws Error(seed_failed).
  std::string write_folder(const Claim& claim, const FileTree& folder) const;
  /// Mounts a devpts of the sandbox's own, in which its programs may open 16 terminals. Returns its path, or an empty
  /// string if this user may not mount. Containers that have been started keep it after unmount_terminals().
  std::string mount_terminals(const Claim& claim) const;
  void unmount_terminals(const Claim& claim) const;
  /// From now on only the folder's owner may connect to the socket. Call it once init has the socket.
  void close_socket(const Claim& claim) const;
  /// Connects to the sandbox's init. Throws Error(gone) if it does not exist any more.
  Descriptor connect(const Claim& claim, const Deadline& deadline) const;

  /// Takes a sandbox over. Returns false if it no longer has the old name.
  bool rename(const Claim& from, const Claim& to) const;
  bool exists(const Claim& claim) const;
  void remove(const Claim& claim) const;
  /// Removes the files of dead holders.
  void remove_dead_holders() const;

 private:
  std::string terminals_of(const Claim& claim) const;

  std::string m_path;
  Random& m_random;
  std::mutex m_mutex;
  std::string m_holder;
  Descriptor m_lock;
};

}  // namespace tellina::docker_sandbox
