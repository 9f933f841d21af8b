#pragma once

#include <string>

#include "tellina/file_tree.hpp"

namespace tellina {

/// Whether a shell cannot start in `directory` ("~/project") with this tree for a home. What only the sandbox can tell
/// (absolute paths, links, "..") counts as there.
bool lacks_directory(const FileTree& home, const std::string& directory);

}  // namespace tellina
