#pragma once

#include <cstddef>
#include <ostream>
#include <string>

namespace tellina::bench {

/// One line that shows the progress of a step and is redrawn in place. Prints nothing if the stream is not a terminal.
class Progress {
 public:
  Progress(std::ostream& out, bool is_terminal) : m_out(out), m_is_terminal(is_terminal) {}

  /// Begins a step of `total` parts.
  void begin(const std::string& what, std::size_t total);
  void set(std::size_t done);
  void add() { set(m_done + 1); }
  /// Erases the line.
  void end();

 private:
  void draw();

  std::ostream& m_out;
  const bool m_is_terminal;
  std::string m_what;
  std::size_t m_total = 0;
  std::size_t m_done = 0;
};

}  // namespace tellina::bench
