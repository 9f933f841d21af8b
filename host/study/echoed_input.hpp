#pragma once

/// Separates the echo of typed lines from the lines that a program printed.

#include <cstddef>
#include <deque>

#include "tellina/bytes.hpp"

namespace tellina {

/// A line of output that ends with a typed line, as the kernel echoes it (a control character as ^X, an erased one as
/// BS SP BS), is its echo, once; the part before it is printed (a program's prompt). Echoes appear in the order of
/// typing: if a later line is found first, the earlier ones had no echo (a password) and are skipped. Line editors that
/// redraw their line are not followed: their echo counts as printed.
///
/// Memory: at most 64 typed lines that wait for their echo, 4 KiB each, and twice `limit`.
class EchoedInput {
 public:
  /// `limit`: how many bytes of each part are kept.
  explicit EchoedInput(std::size_t limit) : m_limit(limit) {}

  /// Raw bytes as they are written to the pty. `before`: earlier output that printed() has not received.
  void typed(BytesView bytes, BytesView before);
  /// Cleaned text (see ScannerListener::on_text). Does nothing before the first key was typed.
  void printed(BytesView text);
  /// Called once, when no more output follows.
  void finish();

  const Bytes& echo() const { return m_echo; }
  /// The output without the echo. Empty if nothing was typed.
  const Bytes& rest() const { return m_rest; }

  void check_invariant() const;

 private:
  void take(char byte);
  void erase();
  void finish_line();
  void keep(Bytes& part, BytesView text) const;

  std::size_t m_limit;
  bool m_is_active = false;
  std::deque<Bytes> m_lines;  ///< typed, and echo not yet seen
  Bytes m_typed_line;
  std::size_t m_cells = 0;  ///< characters in the typed line that can be erased
  Bytes m_line;             ///< of output, not complete yet
  Bytes m_echo;
  Bytes m_rest;
};

}  // namespace tellina
