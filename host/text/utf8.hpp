#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "tellina/bytes.hpp"

namespace tellina {

/// Size in bytes, 1 to 4, of the well-formed UTF-8 sequence (RFC 3629) at the start of `bytes`; 0 if there is none.
/// `bytes` must not be empty.
std::size_t utf8_sequence_size(BytesView bytes);

/// Decodes the character at `position` and moves past it. If the bytes are not well-formed UTF-8, returns nothing and
/// does not change `position`. `position` must be less than the text's size.
std::optional<char32_t> next_character(std::string_view text, std::size_t& position);

void append_utf8(std::string& text, char32_t character);

/// The longest prefix of at most `max_size` bytes that does not cut a UTF-8 sequence.
std::string_view utf8_prefix(std::string_view text, std::size_t max_size);

/// Replaces each byte that is not part of well-formed UTF-8 with U+FFFD.
std::string replace_invalid_utf8(BytesView bytes);

/// Whether the bytes are well-formed UTF-8 without zero bytes.
bool is_utf8_without_nul(BytesView bytes);

/// False for characters that a person can neither see nor type: control characters, line and paragraph separators,
/// zero-width characters that change the direction or the joining of other characters, and non-characters.
bool is_printable(char32_t character);
/// Whether the text is well-formed UTF-8 and consists of such characters.
bool is_printable(std::string_view text);

}  // namespace tellina
