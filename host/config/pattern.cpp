#include "host/config/pattern.hpp"

#include <regex>
#include <stdexcept>

#include "host/limits.hpp"

namespace tellina {

class Pattern::Compiled {
 public:
  explicit Compiled(const std::string& text) : regex(text) {}
  std::regex regex;
};

Pattern::Pattern(const std::string& text) {
  try {
    m_compiled = std::make_unique<Compiled>(text);
  } catch (const std::regex_error& error) {
    throw std::invalid_argument(error.what());
  }
}

Pattern::Pattern(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

bool Pattern::matches(const std::string& text) const {
  return text.size() <= limits::pattern_text && std::regex_search(text, m_compiled->regex);
}

}  // namespace tellina
