#pragma once

/// Formats values and lists for messages.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tellina/config.hpp"

namespace tellina {

/// In double quotes, with control characters and quotes escaped, cut to about 60 bytes at a character boundary.
std::string in_quotes(std::string_view text);

/// Like Config::describe(), but a string always becomes one printable line.
std::string describe(const Config& value);

/// Like joined(), with each name in quotes.
std::string listed(const std::vector<std::string>& names, std::string_view last_word);

/// "a, b or c" with the given word before the last one.
std::string joined(const std::vector<std::string>& parts, std::string_view last_word);

/// "1 entry", "2 entries".
std::string counted(std::int64_t count, const std::string& noun);

}  // namespace tellina
