#pragma once

#include <map>
#include <string>

#include "tellina/bytes.hpp"

namespace tellina {

/// The files that a shell of ours reads, by their names. One that is not installed is left out.
std::map<std::string, Bytes> read_shell_files();

}  // namespace tellina
