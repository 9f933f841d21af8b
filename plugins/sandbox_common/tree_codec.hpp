#pragma once

#include "tellina/descriptor.hpp"
#include "tellina/file_tree.hpp"

namespace tellina::sandbox_common {

/// An anonymous file in memory. Throws Error.
Descriptor make_memory_file(const char* name);
void write_file(int file, const void* data, std::size_t size);

/// Writes an initial tree as tree_stream.hpp says. Throws Error(seed_failed) with the path of what can't be made.
Descriptor encode_tree(const FileTree& tree);

/// Reads a snapshot back. Throws Error(internal) where the records are broken.
FileTree decode_tree(int file);

}  // namespace tellina::sandbox_common
