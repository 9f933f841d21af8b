#pragma once

/// The names in a home directory, and the paths by which a participant means them.

#include <map>
#include <optional>
#include <utility>

#include "tellina/bytes.hpp"
#include "tellina/file_tree.hpp"

namespace tellina {

/// A name is the path of an entry relative to the home, without "/" at its ends; the home itself is "". Paths are read
/// by their text alone: nothing below a symbolic link is a name.
class HomeNames {
 public:
  /// `home`: its absolute path, without "/" at the end.
  explicit HomeNames(Bytes home) : m_home(std::move(home)) {}

  /// Adds the names of a tree to those known so far. A name counts as a directory if any tree has a directory there.
  void add(const FileTree& tree);

  /// The name that `path` means in the directory `base`; nothing if there is no such name. `base`: an absolute path,
  /// which may be outside the home. "~", "~/", absolute paths, "." and ".." and "/" at the end are understood.
  std::optional<Bytes> find(BytesView path, BytesView base) const;
  const Bytes& home() const { return m_home; }
  bool is_directory(const Bytes& name) const;
  /// The absolute path of a name.
  Bytes path_of(const Bytes& name) const { return name.empty() ? m_home : m_home + "/" + name; }

 private:
  void add_children(const Bytes& prefix, const FileNode& directory);

  Bytes m_home;
  std::map<Bytes, bool, std::less<>> m_is_directory{{Bytes(), true}};  ///< by name
};

}  // namespace tellina
