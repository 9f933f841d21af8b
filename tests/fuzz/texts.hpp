#pragma once

/// Random texts that get further into a reader than noise does: valid ones with a few changes.

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tellina::fuzz {

class Texts {
 public:
  /// `samples`: valid texts. `words`: words that have a meaning for the reader under test.
  Texts(std::vector<std::string> samples, std::vector<std::string> words)
      : m_samples(std::move(samples)), m_words(std::move(words)), m_generator(seed()) {}

  /// How many rounds a test runs; `usual` takes about half a second without sanitizers.
  static int rounds(int usual) {
    const char* const wanted = std::getenv("TELLINA_FUZZ_ROUNDS");
    return wanted ? std::atoi(wanted) : usual;
  }

  std::size_t number(std::size_t lowest, std::size_t highest) {
    return std::uniform_int_distribution<std::size_t>(lowest, highest)(m_generator);
  }
  bool one_in(std::size_t count) { return number(1, count) == 1; }
  char octet() { return static_cast<char>(number(0, 255)); }
  std::string octets(std::size_t longest) {
    std::string text(number(0, longest), '\0');
    for (char& c : text) c = octet();
    return text;
  }
  const std::string& word() { return m_words[number(0, m_words.size() - 1)]; }
  const std::string& sample() { return m_samples[number(0, m_samples.size() - 1)]; }

  /// A sample with up to four changes, or a sequence of up to 30 words and octets.
  std::string next() {
    std::string text;
    if (one_in(4)) {
      for (std::size_t left = number(0, 30); left > 0; --left) text += one_in(8) ? std::string(1, octet()) : word();
      return text;
    }
    text = sample();
    for (std::size_t left = number(0, 4); left > 0; --left) bend(text);
    return text;
  }

  void bend(std::string& text) {
    const std::size_t at = number(0, text.size());
    const std::size_t size = number(0, std::min<std::size_t>(text.size() - at, 12));
    switch (number(0, 4)) {
      case 0:
        text.insert(at, word());
        break;
      case 1:
        text.erase(at, size);
        break;
      case 2:
        text.replace(at, size, word());
        break;
      case 3:
        text.insert(number(0, text.size()), text.substr(at, size));
        break;
      default:
        if (at < text.size()) text[at] = octet();
    }
  }

 private:
  static std::uint32_t seed() {
    const char* const wanted = std::getenv("TELLINA_FUZZ_SEED");
    return wanted ? static_cast<std::uint32_t>(std::strtoul(wanted, nullptr, 10)) : 20'240'607;
  }

  std::vector<std::string> m_samples;
  std::vector<std::string> m_words;
  std::mt19937 m_generator;
};

/// For messages: writes octets other than plain ASCII as \xHH.
inline std::string shown(std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code >= 0x20 && code < 0x7f && c != '\\') {
      result += c;
    } else {
      result += {'\\', 'x', digits[code / 16], digits[code % 16]};
    }
  }
  return result;
}

}  // namespace tellina::fuzz
