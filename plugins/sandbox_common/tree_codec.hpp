#pragma once

#include "tellina/descriptor.hpp"
#include "tellina/file_tree.hpp"

namespace tellina::sandbox_common {

/// An anonymous file in memory. Throws Error.
Descriptor make_memory_file(const char* name);
void write_file(int file, const void* data, std::size_t size);

/// Writes an initial tree in the format of tree_stream.hpp. Throws Error(seed_failed) with the path of the invalid
/// entry.
Descriptor encode_tree(const FileTree& tree);

/// Names the content of a file, which another content has as good as never.
Bytes name_content(int file);

/// Reads a snapshot. Throws Error(internal) if its records are malformed.
FileTree decode_tree(int file);

}  // namespace tellina::sandbox_common
