#pragma once

/// Creates and reads a home directory. Static, single-threaded processes use it too, so it throws nothing and allocates
/// only what the C library does; it reports failures in errno.

#include <cstddef>
#include <cstdint>

namespace tellina::home_tree {

/// The limits of a reading; see SnapshotRequest in tellina/file_tree.hpp.
struct Limits {
  std::uint64_t max_entries = 0;
  std::uint64_t max_depth = 0;
  std::uint64_t max_content_per_file = 0;
  std::uint64_t max_content_in_all = 0;
  std::uint64_t deadline_in_milliseconds = 0;
};

/// The files whose content is wanted, all files if `are_all`.
struct Wanted {
  bool are_all = true;
  const std::uint64_t* paths = nullptr;  ///< FNV-1a hashes, sorted. Another file with the same hash is read too
  std::size_t count = 0;
};
/// How many files a request can name. One that names more gets the content of all.
inline constexpr std::size_t max_wanted = 4096;

/// The hash of a path: of the directory's path, then of '/' and the name. The home itself has `home_hash`.
inline constexpr std::uint64_t home_hash = 0xcbf29ce484222325;
inline std::uint64_t hash_below(std::uint64_t directory, const char* name, std::size_t size) {
  std::uint64_t hash = (directory ^ '/') * 0x100000001b3;
  for (std::size_t i = 0; i < size; ++i) hash = (hash ^ static_cast<unsigned char>(name[i])) * 0x100000001b3;
  return hash;
}

/// A process of the sandbox sends these bytes, which are not trusted, so the fields are numbers and not bools: 0 means
/// no.
struct Outcome {
  std::uint8_t truncated = 0;
  std::uint8_t raced = 0;
};

/// A descriptor with poll(2) events that mean: nobody waits for the result any more.
struct Cancellation {
  int descriptor = -1;
  short events = 0;
};

/// Creates the tree of a memory file (tree_stream.hpp) in an empty home. Returns 0, or an errno with the path in
/// `what`. Runs before the shell starts, so no other process changes the home meanwhile.
int write(int home, int tree, char* what, std::size_t what_size);

/// Writes the home's tree to a memory file. Returns 0 or an errno. Stops early when it is cancelled.
int read(int home, int tree, const Limits& limits, const Wanted& wanted, Cancellation cancellation, Outcome& outcome);

}  // namespace tellina::home_tree
