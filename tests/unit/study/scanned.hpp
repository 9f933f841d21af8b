#pragma once

/// Collects what the scanner finds, and builds its input.

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "host/study/shell_marks.hpp"

namespace tellina::testing {

inline const std::string nonce = "a1b2c3";

inline std::string mark(const std::string& kind, const std::string& fields = "") {
  return "\x1b]133;" + kind + ";nonce=" + nonce + fields + "\x07";
}
inline std::string prompt() { return mark("A") + "$ " + mark("B"); }
inline std::string start_of(const std::string& text) { return mark("C", ";cmd=" + text + ";cwd=/home/me"); }
inline std::string end_of(int status) { return mark("D;" + std::to_string(status), ";cwd=/home/me"); }

/// Text and marks in the order found; adjacent texts are joined.
class Scanned final : public ScannerListener {
 public:
  void on_text(BytesView piece) override {
    text += piece;
    events.back() += piece;
    ++pieces;
  }
  void on_mark(const ShellMark& found) override {
    marks.push_back(found);
    events.push_back("mark " + std::to_string(static_cast<int>(found.kind)) + " " + found.text + "|" + found.cwd + "|" +
                     (found.exit_status ? std::to_string(*found.exit_status) : "none") + "|" +
                     std::to_string(found.from) + "-" + std::to_string(found.to));
    events.emplace_back();
  }

  std::string text;
  std::vector<ShellMark> marks;
  std::vector<std::string> events{1};
  int pieces = 0;
};

inline Scanned scan(const std::string& bytes, std::uint64_t offset = 0) {
  Scanned scanned;
  OutputScanner scanner(nonce, offset);
  scanner.feed(bytes, scanned);
  return scanned;
}

/// Cuts the bytes into pieces of 1 to `longest` bytes.
inline std::vector<std::string> cut(const std::string& bytes, std::mt19937& generator, std::size_t longest) {
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t size =
        std::min(std::uniform_int_distribution<std::size_t>(1, longest)(generator), bytes.size() - at);
    pieces.push_back(bytes.substr(at, size));
    at += size;
  }
  return pieces;
}

}  // namespace tellina::testing
