#pragma once

/// The folders that hold the sockets to the sandboxes, and say whose each sandbox is.
///
///   RUN_FOLDER/                           of one study on one engine; its owner's only
///     holders/HOLDER                      locked as long as the process lives that holds sandboxes under this name
///     sandboxes/TOKEN.HOLDER.OWNER.ID/    of one sandbox; while nobody has claimed it, OWNER and ID are empty
///       socket                            leads to its init
///
/// A folder's name is the claim on it: one rename takes a sandbox over, and the holder before sees that it is gone.
/// A holder that is killed loses its lock, so what it held can be told from what a living process holds.

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "plugins/sandbox_common/deadline.hpp"
#include "tellina/sandbox.hpp"

namespace tellina::docker_sandbox {

using namespace sandbox_common;

/// What a sandbox's folder is called.
class Claim {
 public:
  std::string token;   ///< of the container: it is called tellina-TOKEN
  std::string holder;  ///< the process that has it
  OwnerId owner;
  SandboxId id;

  std::string folder_name() const { return token + "." + holder + "." + owner + "." + id; }
  static std::optional<Claim> parse(const std::string& folder_name);
};

/// The folders of all sandboxes of a study.
///
/// Threads: any. Throws: Error.
class RunFolder {
 public:
  RunFolder(std::string path, Random& random) : m_path(std::move(path)), m_random(random) {}
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  /// Of this process; makes the folders and takes the lock when it is first asked.
  std::string holder();
  /// Whether the process that holds under this name lives.
  bool is_held(const std::string& holder) const;

  std::vector<Claim> list() const;
  std::string path_of(const Claim& claim) const;

  /// Makes a sandbox's folder, and in it a socket that listens.
  Descriptor make(const Claim& claim) const;
  /// Writes a file for all containers and returns its path. Those that were started with an older one keep that.
  std::string share(const Claim& claim, const std::string& name, const std::string& text) const;
  /// From now on only its owner may connect to the socket. The init that has been told of it is the last to need more.
  void close_socket(const Claim& claim) const;
  /// A connection to the sandbox's init. Throws Error(gone) where there is none any more.
  Descriptor connect(const Claim& claim, const Deadline& deadline) const;

  /// Takes one over. Returns false where it is no longer there under the old name.
  bool rename(const Claim& from, const Claim& to) const;
  bool exists(const Claim& claim) const;
  void remove(const Claim& claim) const;
  /// Removes what dead holders have left of themselves.
  void remove_dead_holders() const;

 private:
  std::string m_path;
  Random& m_random;
  std::mutex m_mutex;
  std::string m_holder;
  Descriptor m_lock;
};

}  // namespace tellina::docker_sandbox
