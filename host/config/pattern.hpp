#pragma once

#include <memory>
#include <string>

namespace tellina {

/// An ECMAScript regular expression, as JSON Schema's `pattern` wants it.
class Pattern {
 public:
  /// Throws std::invalid_argument with the reason where the text is none.
  explicit Pattern(const std::string& text);
  Pattern(Pattern&&) noexcept;
  ~Pattern();

  /// Whether it is found somewhere in the text. Never in one of more than 1024 bytes, as std::regex recurses once for
  /// each character.
  bool matches(const std::string& text) const;

 private:
  class Compiled;
  std::unique_ptr<Compiled> m_compiled;
};

}  // namespace tellina
