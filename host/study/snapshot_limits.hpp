#pragma once

#include "tellina/file_tree.hpp"

namespace tellina {

/// How much of a home directory to read to judge its directory `root` (see HomeNames) by this answer: the content of
/// the files whose content the answer names. The limits are enough for these, and for 64 MiB of other files from a
/// backend that reads those too. Files that may have any content get up to 256 MiB more, because the holes of a sparse
/// file cost a participant nothing.
SnapshotRequest snapshot_request_for(const FileTree& answer, const Bytes& root = "");

/// How many bytes such a snapshot takes at most: its content twice, as the sandbox sends it and in the tree, and the
/// entries.
std::size_t memory_for(const SnapshotRequest& request);

}  // namespace tellina
