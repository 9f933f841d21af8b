#pragma once

/// Octets as they travel between browser and shell.

#include <string>
#include <string_view>

namespace tellina {

/// A run of octets with no encoding. std::string holds up to 15 of them without an allocation,
/// which is what one key and its eight-byte offset need.
using Bytes = std::string;
using BytesView = std::string_view;

}  // namespace tellina
