#pragma once

/// Remembers typed lines, so that a check can distinguish an echo from a command's own output.

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "tellina/bytes.hpp"

namespace tellina {

/// Typed input counts as lines in two ways at once, because the kernel echoes keys as they arrive, while a program that
/// repeats its input (cat) gets the edited line:
/// - Runs of bytes between control bytes (a tab is not one), and between these and a newline in the output.
/// - The lines that the kernel's line editor returns: Backspace, Ctrl-U and Ctrl-W have been applied, and cursor keys
///   are removed (they are escape sequences, which are removed from the output too). A line that is still being typed
///   counts up to its current end.
///
/// Memory: lines that do not matter are not kept. If the lines that matter exceed 64 KiB, every line counts as typed
/// until the next prompt.
class TypedLines {
 public:
  /// `matters`: whether a check could ask for this line; others are not kept. Lines above `max_line` bytes never
  /// matter.
  TypedLines(std::function<bool(BytesView)> matters, std::size_t max_line)
      : m_matters(std::move(matters)), m_max_line(max_line) {}

  void clear();
  void typed(BytesView bytes);
  /// Forgets the first `count` lines since clear(), counted as the shell reads them; all lines if fewer were typed.
  /// Text pasted in brackets (ESC [200~ to ESC [201~) is part of the line into which it was pasted, including its
  /// newlines.
  void forget_first(std::uint64_t count);
  /// Forgets the lines of a command. `text`: the command as the shell has read it. `lines_read`: how many lines a line
  /// editor has returned since clear(); these are the command's own. 0 if it does not report that; then they are
  /// counted in the text, where a "\" at the end of a typed line has joined two lines into one.
  void forget_command(BytesView text, std::uint64_t lines_read);
  void output_line_ended();
  bool contains(BytesView line) const;

  void check_invariant() const;

 private:
  enum class Escape : std::uint8_t { none, started, csi };

  void take(char byte);
  void end_paste_bracket();
  void append(Bytes& line, char byte);
  void end_run();
  void end_line();
  void erase_character();
  void erase_word();
  void add(const Bytes& line);

  std::function<bool(BytesView)> m_matters;
  std::size_t m_max_line;
  std::map<Bytes, std::uint64_t, std::less<>> m_lines;  ///< number of the last typed line with this text
  std::size_t m_size = 0;
  bool m_is_full = false;
  std::uint64_t m_line_number = 0;
  Bytes m_run;
  Bytes m_edited;
  Escape m_escape = Escape::none;
  Bytes m_parameters;  ///< of the escape sequence
  bool m_is_pasted = false;
  std::vector<std::uint64_t> m_continued;  ///< numbers of lines that end with an odd number of "\"
};

}  // namespace tellina
