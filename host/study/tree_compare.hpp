#pragma once

#include "host/study/progress.hpp"
#include "tellina/file_tree.hpp"

namespace tellina {

/// Judges a home directory. Pure.
///
/// Every entry of `expected` must be there with the same kind and with each attribute (content, size, mode,
/// modified_at, owner, target) that is present in the expected node; every other entry is extra. Where content is
/// compared, size is not; content that the snapshot left out differs. Top-level entries whose name starts with "." and
/// that stand in neither `initial` nor `expected` are ignored, with all below them. The home's own attributes are
/// compared, and it is counted (as "."), only if `expected.root` has any. A truncated snapshot never passes.
Progress compare_trees(const FileTree& initial, const FileTree& expected, const FileTree& actual);

}  // namespace tellina
