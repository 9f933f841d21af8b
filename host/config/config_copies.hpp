#pragma once

/// The copies of a configuration that the record has: without secrets, so that they can be given away.

#include <string>
#include <string_view>
#include <vector>

#include "host/config/document.hpp"
#include "host/config/schema_walker.hpp"

namespace tellina {

class ConfigCopies {
 public:
  std::string canonical_json;  ///< as canonical_json() writes it
  std::string source_text;     ///< the text with its comments
};

/// `secrets`: what SchemaWalker has found in `document`, whose text is `source` and whose name is `file`. Each marked
/// value is "(secret)" in both copies.
///
/// A secret of 3 characters or more is replaced everywhere else too, such as in a comment; one of less than 8 only
/// where it is a word of its own. If a secret cannot be found at its place in the text (it has escapes, or several
/// lines), or a replacement changes what the text says, the copy of the text is the value as JSON, without comments.
ConfigCopies copy_without_secrets(const ConfigDocument& document, std::string_view source, const std::string& file,
                                  const std::vector<SecretValue>& secrets);

}  // namespace tellina
