#pragma once

/// Makes and reads a home directory. Used by static, single-threaded processes too: no allocation but what the C
/// library does, no exception; errno reports failures.

#include <cstddef>
#include <cstdint>

namespace tellina::home_tree {

/// Where a reading stops; see SnapshotRequest in tellina/file_tree.hpp.
struct Limits {
  std::uint64_t max_entries = 0;
  std::uint64_t max_depth = 0;
  std::uint64_t max_content_per_file = 0;
  std::uint64_t max_content_in_all = 0;
  std::uint64_t deadline_in_milliseconds = 0;
};

struct Outcome {
  bool truncated = false;
  bool raced = false;
};

/// A descriptor whose events, as poll(2) names them, mean that nobody waits for the result any more.
struct Abandonment {
  int descriptor = -1;
  short events = 0;
};

/// Makes the tree of a memory file (tree_stream.hpp) in an empty home. Returns 0, or an errno with `what` naming the
/// path. Runs before the shell does, so nobody moves things about meanwhile.
int write(int home, int tree, char* what, std::size_t what_size);

/// Writes the home's tree to a memory file. Returns 0 or an errno. Stops early once it is abandoned.
int read(int home, int tree, const Limits& limits, Abandonment abandonment, Outcome& outcome);

}  // namespace tellina::home_tree
