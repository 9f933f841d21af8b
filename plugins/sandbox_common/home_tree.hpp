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
int read(int home, int tree, const Limits& limits, Cancellation cancellation, Outcome& outcome);

}  // namespace tellina::home_tree
