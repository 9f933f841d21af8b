#pragma once

#include <memory>
#include <string>

namespace tellina {

/// An ECMAScript regular expression, as in JSON Schema's `pattern`.
class Pattern {
 public:
  /// Throws std::invalid_argument with the reason if the text is not one.
  explicit Pattern(const std::string& text);
  Pattern(Pattern&&) noexcept;
  ~Pattern();

  /// Whether the pattern matches somewhere in the text. Never true for more than 1024 bytes, because std::regex
  /// recurses once for each character.
  bool matches(const std::string& text) const;

 private:
  class Compiled;
  std::unique_ptr<Compiled> m_compiled;
};

}  // namespace tellina
