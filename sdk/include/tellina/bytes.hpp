#pragma once

/// Octets as they travel between browser and shell.

#include <string>
#include <string_view>

namespace tellina {

/// A sequence of octets without an encoding. std::string stores up to 15 of them without an allocation, which is enough
/// for one key and its eight-byte offset.
using Bytes = std::string;
using BytesView = std::string_view;

}  // namespace tellina
