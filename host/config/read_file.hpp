#pragma once

#include <cstddef>
#include <string>

#include "tellina/bytes.hpp"

namespace tellina {

/// The content of a regular file. Throws Error "cannot read NAME: REASON", also if it has more than `limit` bytes.
Bytes read_file(const std::string& name, std::size_t limit);

}  // namespace tellina
