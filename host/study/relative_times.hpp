#pragma once

#include <chrono>
#include <map>

#include "tellina/bytes.hpp"
#include "tellina/clock.hpp"
#include "tellina/file_tree.hpp"

namespace tellina {

/// Times of last changes that depend on the start of a sandbox: how long before it, by the names of the entries in
/// their tree.
using RelativeTimes = std::map<Bytes, std::chrono::nanoseconds>;

/// The tree with these times, for a sandbox that starts at `start`. Names that the tree does not have are ignored.
FileTree with_times(FileTree tree, const RelativeTimes& times, WallTime start);

}  // namespace tellina
