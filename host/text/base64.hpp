#pragma once

#include <string>

#include "tellina/bytes.hpp"

namespace tellina {

/// As in RFC 4648, section 4, with padding and without line ends.
std::string base64(BytesView bytes);

}  // namespace tellina
