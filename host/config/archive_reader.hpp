#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "tellina/file_tree.hpp"

namespace tellina {

/// The directory tree in a tar file.
struct Archive {
  FileNode root;
  std::string digest;  ///< SHA-256 of the file's bytes
};

/// Reads a tar file of at most 256 MiB, uncompressed or compressed with gzip, bzip2, xz, lzma, zstd, lz4 or compress.
/// Keeps modes and times but not owners; hard links become separate files; of two members with the same name, the later
/// one counts.
///
/// Throws Error if the file can't be read, is not a tar file, or has a member that cannot be in a home directory: an
/// absolute name or one with "..", a device, FIFO or socket, a member below something that is not a directory, a hard
/// link before its target, more than `max_entries` members or `max_bytes` of content. The message names the member.
Archive read_archive(const std::string& file, std::size_t max_entries, std::uint64_t max_bytes);

}  // namespace tellina
