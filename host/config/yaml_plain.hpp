#pragma once

/// The meaning of a YAML scalar without quotes. YAML readers differ (YAML 1.1 and 1.2), so only words on which all of
/// them agree have a meaning here.

#include <string_view>

namespace tellina {

enum class PlainKind {
  text,       ///< a string to every reader
  null,       ///< null
  boolean,    ///< true, false
  number,     ///< a number as JSON writes it
  ambiguous,  ///< no, ~, 010, 1_000, 1:30, 2024-01-31, <<: not text for some readers
};

struct PlainScalar {
  PlainKind kind = PlainKind::text;
  /// How YAML readers interpret it, such as "a number" or "false"; empty for text.
  std::string_view reading;
  /// If it is ambiguous: what to write instead, such as "true, false or text in quotes".
  std::string_view alternatives;
};

PlainScalar read_plain(std::string_view text);

}  // namespace tellina
