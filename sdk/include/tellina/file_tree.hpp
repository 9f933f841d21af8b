#pragma once

/// A directory tree as a value: the initial content of a sandbox, and the content of a snapshot.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "tellina/bytes.hpp"
#include "tellina/clock.hpp"

namespace tellina {

enum class FileKind : std::uint8_t { directory, regular, symlink, other };

/// One entry. Names are octets: any but '/' and NUL, never "." or "..".
///
/// In an initial tree an absent attribute has the default value: mode 0755 for directories, 0644 for files, the
/// time of creation. `size` without `content` means a file of that many NUL bytes. In a snapshot every attribute
/// is present, except the content of a regular file that is larger than the request allows, or that the request does
/// not ask for.
class FileNode {
 public:
  FileNode() = default;
  explicit FileNode(FileKind kind_) : kind(kind_) {}

  static FileNode directory() { return FileNode(FileKind::directory); }
  static FileNode regular(Bytes content_) {
    FileNode node(FileKind::regular);
    node.size = content_.size();
    node.content = std::move(content_);
    return node;
  }
  static FileNode symlink(Bytes target_) {
    FileNode node(FileKind::symlink);
    node.target = std::move(target_);
    return node;
  }

  FileKind kind = FileKind::directory;
  std::map<Bytes, FileNode> children;  ///< of a directory
  std::optional<Bytes> content;        ///< of a regular file
  std::optional<std::uint64_t> size;   ///< of a regular file, in bytes
  Bytes target;                        ///< of a symbolic link
  std::optional<std::uint32_t> mode;   ///< permission bits, 0 to 07777
  std::optional<WallTime> modified_at;
  std::optional<std::string> owner;  ///< "me", or the number of another user
};

/// A tree. `root` is the root directory with its own attributes.
class FileTree {
 public:
  FileNode root;
  bool truncated = false;  ///< a limit of the request was reached: there is more
  bool raced = false;      ///< the tree changed while it was read: an entry may be missing

  /// Of a snapshot. Names this state of the home for SnapshotRequest::unless: any octets, at most 64; empty if the
  /// plugin does not tell states apart.
  Bytes version{};
  /// Of a snapshot: the home is as in the version that the request names. `root` has nothing then, and `version` is the
  /// one of the request.
  bool unchanged = false;
};

/// Limits of a snapshot. The walk stops at the first limit that it reaches, and sets `truncated`.
class SnapshotRequest {
 public:
  SnapshotRequest() = default;

  std::size_t max_entries = 20'000;
  std::size_t max_depth = 256;
  std::size_t max_content_per_file = 1024 * 1024;     ///< bytes; the content of a larger file is left out
  std::size_t max_content_in_all = 64 * 1024 * 1024;  ///< bytes
  std::chrono::milliseconds deadline{2000};

  /// The files whose content is wanted, as paths below the home ("website/index.html"); all files if absent. Of others
  /// the content may be left out, which saves reading them; their other attributes are wanted. A plugin may ignore it.
  std::optional<std::set<Bytes>> content_of{};
  /// The version of an earlier snapshot of this sandbox with the same limits and the same `content_of`, or empty. If a
  /// snapshot would be the same as that one, the plugin may answer `unchanged` instead. It may not guess: what was
  /// written through a shared mapping changes a content without a change of times. An earlier snapshot that had raced
  /// or was truncated has no version that is used here.
  Bytes unless{};
};

}  // namespace tellina
