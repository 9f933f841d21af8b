#pragma once

#include <string>
#include <string_view>

namespace tellina {

/// Returns 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);

}  // namespace tellina
