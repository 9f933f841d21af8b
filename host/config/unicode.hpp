#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tellina {

/// Decodes the character at `position` and moves past it. Returns nothing, and leaves `position`, where the bytes are
/// no well-formed UTF-8 (Unicode 15, table 3-7: no overlong form, no surrogate, nothing above U+10FFFF).
/// `position` must be less than the text's size.
std::optional<char32_t> next_character(std::string_view text, std::size_t& position);

void append_utf8(std::string& text, char32_t character);

/// False for control characters, line and paragraph separators, characters without width that change the direction or
/// the joining of their neighbours, and non-characters: whatever a person can neither see nor type.
bool is_printable(char32_t character);
/// Whether the text is well-formed UTF-8 of such characters.
bool is_printable(std::string_view text);

/// Lower-case hexadecimal digits, at least `width`.
std::string hexadecimal(std::uint32_t number, int width);

}  // namespace tellina
