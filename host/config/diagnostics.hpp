#pragma once

/// Collects all errors of a file and reports them in the order of the file.

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tellina/config.hpp"

namespace tellina {

/// A place in a file: line and column from 1, the column counts bytes.
struct TextPlace {
  int line = 1;
  int column = 1;
};

/// The place of each key, by the path of its value ("server.port"). A Config knows the place of its value only.
using KeyPlaces = std::unordered_map<std::string, TextPlace>;

/// Collects messages "FILE:LINE:COLUMN: PATH: expected ..., got ...", each once, sorted by place.
class Diagnostics {
 public:
  explicit Diagnostics(std::string file) : m_file(std::move(file)) {}

  void add(TextPlace place, const std::string& path, const std::string& message);
  void add(const Config& at, const std::string& message) { add({at.line(), at.column()}, at.path(), message); }

  bool empty() const { return m_diagnostics.empty(); }
  const std::string& file() const { return m_file; }
  /// The messages.
  std::vector<std::string> lines() const;
  /// One message per line, without a newline at the end.
  std::string text() const;
  /// Throws ConfigError with text() if there is any.
  void throw_if_any() const;

 private:
  struct Diagnostic {
    TextPlace place;
    std::string text;
  };

  std::string m_file;
  std::vector<Diagnostic> m_diagnostics;
};

/// The path of a child: "server" + "port" is "server.port"; a key that is not a plain word is quoted: tree["a.txt"].
std::string child_path(const std::string& parent, std::string_view key);
std::string child_path(const std::string& parent, std::size_t index);

}  // namespace tellina
