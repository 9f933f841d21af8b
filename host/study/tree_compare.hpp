#pragma once

#include "host/study/progress.hpp"
#include "tellina/file_tree.hpp"

namespace tellina {

/// Judges a home directory. Pure.
///
/// Every entry of `expected` must be there with the same kind and with each attribute (content, size, mode,
/// modified_at, owner, target) that is present in the expected node; every other entry is extra. Top-level entries whose
/// name starts with "." and that stand in neither `initial` nor `expected` are ignored. A truncated snapshot never passes.
Progress compare_trees(const FileTree& initial, const FileTree& expected, const FileTree& actual);

}  // namespace tellina
