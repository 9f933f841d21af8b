#pragma once

#include "host/study/attribute_ranges.hpp"
#include "host/study/progress.hpp"
#include "tellina/file_tree.hpp"

namespace tellina {

/// Judges a home directory. Pure.
///
/// `expected` is what the directory `root`, a name of the home (see HomeNames), has to be; if the home has no such
/// directory, everything is missing. Every entry of `expected` must exist with the same kind and with each attribute
/// (content, size, mode, modified_at, owner, target) that the expected node has. Every other entry is extra. If content
/// is compared, size is not; content that the snapshot left out counts as different. Top-level entries whose name
/// starts with "." are ignored with everything below them, if `root` is the home itself, unless `initial` or `expected`
/// has them. The directory's own attributes are compared, and it is counted (as "."), only if `expected.root` has any.
/// A truncated snapshot never passes. `ranges`: of entries of `expected`.
Progress compare_trees(const FileTree& initial, const FileTree& expected, const FileTree& actual, BytesView root = "",
                       const AttributeRanges& ranges = {});

/// The node with this name (see HomeNames) in a home; null if there is none.
const FileNode* node_at(const FileNode& home, BytesView name);
FileNode* node_at(FileNode& home, BytesView name);

/// Whether two homes have the same names below `root`, a name of the home (see HomeNames). Names that begin with "." in
/// the home itself do not count unless the first one has them: programs put their settings there.
bool have_same_names(const FileTree& initial, const FileTree& actual, BytesView root);

}  // namespace tellina
