#pragma once

/// Remembers what was typed, as far as a check must know it to tell an echo from a command's own output.

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "tellina/bytes.hpp"

namespace tellina {

/// What is typed counts as lines in two ways at once, since the kernel echoes keys as they come, while a program that
/// repeats its input (cat) has got the line after its editing:
/// - runs of bytes between control bytes (a tab is none), and between those and a newline in the output;
/// - the lines as the kernel's line editor hands them on: Backspace, Ctrl-U and Ctrl-W have done their work, and
///   cursor keys are gone (they are escape sequences, which are gone from the output too).
/// A line that is still being typed counts as far as it goes.
///
/// Memory: lines that do not matter are not kept. Should those that do be more than 64 KiB, every line counts as typed
/// until the next prompt.
class TypedLines {
 public:
  /// `matters`: whether a check would ever ask for this line. Lines longer than `max_line` bytes never matter.
  TypedLines(std::function<bool(BytesView)> matters, std::size_t max_line)
      : m_matters(std::move(matters)), m_max_line(max_line) {}

  void clear();
  void typed(BytesView bytes);
  /// Forgets the first `count` lines since clear(), as the shell has read them; all, if fewer were typed. What was
  /// pasted in brackets (ESC [200~ to ESC [201~) is part of the line that it was pasted into, newlines and all.
  void forget_first(std::uint64_t count);
  /// The same for a command of `count` lines, of which "\" at a typed line's end has made one of two.
  void forget_command(std::uint64_t count);
  void output_line_ended();
  bool contains(BytesView line) const;

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
  std::map<Bytes, std::uint64_t, std::less<>> m_lines;  ///< the number of the last typed line that equals it
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
