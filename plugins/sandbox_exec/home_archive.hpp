#pragma once

#include "plugins/sandbox_common/deadline.hpp"
#include "tellina/descriptor.hpp"
#include "tellina/file_tree.hpp"

namespace tellina::exec_sandbox {

/// Writes an initial tree as a pax archive to a sealed file in memory. Its first entry is the home, "./". Attributes
/// that the tree does not have get their default values; `now` is the time. Throws Error(seed_failed) with the path of
/// an entry that no home can have.
Descriptor write_archive(const FileTree& tree, WallTime now);

/// Reads a home from a tar archive (pax, GNU or ustar, not compressed) in a file or pipe, whose writer is not trusted.
/// A regular file is read from its beginning. Stays within the limits of the request; at the deadline, returns what has
/// arrived. Throws Error(internal) if it is not the archive of a home, Error(timed_out) if the home itself has not
/// arrived, and what the deadline throws when it is interrupted.
FileTree read_archive(int file, const SnapshotRequest& request, const sandbox_common::Deadline& deadline);

}  // namespace tellina::exec_sandbox
