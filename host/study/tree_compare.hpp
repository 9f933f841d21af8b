#pragma once

#include "host/study/progress.hpp"
#include "tellina/file_tree.hpp"

namespace tellina {

/// Judges a home directory. Pure.
///
/// Every entry of `expected` must exist with the same kind and with each attribute (content, size, mode, modified_at,
/// owner, target) that the expected node has. Every other entry is extra. If content is compared, size is not; content
/// that the snapshot left out counts as different. Top-level entries whose name starts with "." are ignored with
/// everything below them, unless `initial` or `expected` has them. The home directory's own attributes are compared,
/// and it is counted (as "."), only if `expected.root` has any. A truncated snapshot never passes.
Progress compare_trees(const FileTree& initial, const FileTree& expected, const FileTree& actual);

}  // namespace tellina
