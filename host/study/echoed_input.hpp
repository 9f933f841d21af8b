#pragma once

/// Tells the lines that were typed at a running program from those that it printed, where the terminal echoed them.

#include <cstddef>
#include <deque>

#include "tellina/bytes.hpp"

namespace tellina {

/// A line of output that ends with a typed line as the kernel echoes it (a control character as ^X, an erased one as
/// BS SP BS) is the echo of it, once, and what stands before is printed (a program's prompt). The order of typing is
/// kept: a typed line without echo (a password) is passed over once a later one is found. Line editors that redraw
/// their line are not followed: what they echo counts as printed.
///
/// Memory: at most 64 typed lines that wait for their echo, of 4 KiB each, and twice `limit`.
class EchoedInput {
 public:
  /// `limit`: bytes of each part that are kept.
  explicit EchoedInput(std::size_t limit) : m_limit(limit) {}

  /// Raw bytes as they are written to the pty. `before`: what was printed until now, where it was not seen.
  void typed(BytesView bytes, BytesView before);
  /// Cleaned text (see ScannerListener::on_text). Does nothing before the first key was typed.
  void printed(BytesView text);
  /// Nothing more comes.
  void finish();

  const Bytes& echo() const { return m_echo; }
  /// Without the echo. Empty where nothing was typed.
  const Bytes& rest() const { return m_rest; }

 private:
  void take(char byte);
  void erase();
  void finish_line();
  void keep(Bytes& part, BytesView text) const;

  std::size_t m_limit;
  bool m_is_active = false;
  std::deque<Bytes> m_lines;  ///< typed, and not seen yet
  Bytes m_typed_line;
  std::size_t m_cells = 0;  ///< characters in the typed line that can be erased
  Bytes m_line;             ///< of output, and not ended yet
  Bytes m_echo;
  Bytes m_rest;
};

}  // namespace tellina
