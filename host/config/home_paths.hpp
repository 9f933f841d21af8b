#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tellina/bytes.hpp"
#include "tellina/file_tree.hpp"

namespace tellina {

/// The name (see HomeNames) that a path of a configuration means below the name `root`; nothing if it leads out of the
/// home.
std::optional<Bytes> name_below(const Bytes& root, const std::string& path);

/// All names of the entries below a directory, for suggestions.
std::vector<std::string> names_below(const FileNode& directory);

}  // namespace tellina
