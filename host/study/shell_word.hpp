#pragma once

/// Splits and unquotes text as shells and listings write it.

#include <optional>
#include <vector>

#include "tellina/bytes.hpp"

namespace tellina {

/// White space inside a line.
inline constexpr BytesView blanks_of_lines = " \t\r\v\f";

/// A line without the white space at its ends.
BytesView trimmed(BytesView line);

/// The fields of a line, which white space separates.
std::vector<BytesView> fields_of(BytesView line);

/// The same, but white space inside quotes or after a backslash does not separate. A quote without an end is an
/// ordinary character.
std::vector<BytesView> quoted_fields_of(BytesView line);

/// The words of a command, without their quotes. A word ends at white space and at any of ;|&() outside quotes.
/// Variables and patterns stay as they are written.
std::vector<Bytes> words_of(BytesView command);

/// A word without its quotes ('...', "...", $'...' with its escapes, and backslashes); nothing if it has none, or if
/// one lacks its end.
std::optional<Bytes> unquoted(BytesView word);

/// A text in which a backslash precedes special characters, or three octal digits of an octet, as `find -ls` prints
/// names; nothing if it has no backslash.
std::optional<Bytes> without_backslashes(BytesView text);

}  // namespace tellina
