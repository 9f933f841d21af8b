#pragma once

#include "tellina/file_tree.hpp"

namespace tellina {

/// How much of a home directory has to be read to judge it by this answer: every file whose content the answer names
/// fits, beside 64 MiB of what it says nothing of. Of files that it lets have any content up to 256 MiB more are read,
/// since the holes of a sparse file cost a participant nothing.
SnapshotRequest snapshot_request_for(const FileTree& answer);

}  // namespace tellina
