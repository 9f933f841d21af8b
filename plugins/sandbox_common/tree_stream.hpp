#pragma once

/// The format in which a file tree moves between a plugin and the process that creates or reads a home: records in one
/// memory file, parents first.
///
/// The first record is the home itself: a directory with an empty name. Its children follow; an `up` record ends each
/// directory. After each record come its name and its payload: a regular file's content, or a symbolic link's target.

#include <cstddef>
#include <cstdint>

namespace tellina::tree_stream {

enum Kind : std::uint8_t { directory = 1, up = 2, regular = 3, symlink = 4, other = 5 };

/// Which attributes a record has.
enum Flag : std::uint8_t { has_mode = 1, has_time = 2, has_size = 4, has_content = 8 };

struct Record {
  std::uint8_t kind = 0;
  std::uint8_t flags = 0;
  std::uint16_t name_length = 0;
  std::uint32_t mode = 0;   ///< permission bits
  std::uint32_t owner = 0;  ///< user number; in snapshots only
  std::uint32_t modified_nanoseconds = 0;
  std::int64_t modified_seconds = 0;
  std::uint64_t size = 0;
  std::uint64_t payload_length = 0;
};

/// How deep directories of an initial tree may be nested.
inline constexpr int max_seed_depth = 256;
/// How deep the directories of a snapshot may be nested; nobody requests more (SnapshotRequest::max_depth).
inline constexpr std::size_t max_levels = 1024;
static_assert(max_levels >= max_seed_depth);

}  // namespace tellina::tree_stream
