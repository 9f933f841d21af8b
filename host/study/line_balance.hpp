#pragma once

/// Compares the commands that a shell's marks report with the line ends that were typed.

#include <cstdint>

#include "tellina/bytes.hpp"
#include "tellina/clock.hpp"

namespace tellina {

/// A shell that reads lines starts no command without a line end. So a reported start for which no typed line end is
/// left is doubtful: a program printed the mark, or started the command itself (a key macro with a line end in it,
/// `tmux send-keys`).
///
/// Line ends are CR, LF and Ctrl-O, with which readline ends a line too. They may be typed ahead, or pasted together,
/// so they wait for their command. A prompt that follows a prompt without a command has used one (an empty line).
/// Whatever else waits when a key comes at a prompt that has been there for a second was read by a program, and is
/// dropped.
///
/// It can miss marks that a program prints: a program that reads lines leaves their line ends until the next prompt.
class LineBalance {
 public:
  void typed(BytesView bytes, MonotonicTime at);
  /// A shell starts to show a prompt.
  void prompt_started();
  /// A shell has shown its prompt.
  void prompt_shown(MonotonicTime at);
  /// A mark reports that a command starts, for which a line editor has returned `lines_read` lines (0 if unknown).
  /// Returns whether a line end was typed that can have started it.
  bool command_started(std::size_t lines_read);
  /// Lines may have been typed that this object has not seen, so no start is doubtful until a line end is typed.
  void expect_earlier_lines() { m_knows_all = false; }

  void check_invariant() const;

 private:
  std::uint64_t m_ahead = 0;      ///< unused line ends, typed before the last prompt was shown
  std::uint64_t m_at_prompt = 0;  ///< unused line ends, typed since then
  bool m_knows_all = true;
  bool m_has_command = true;  ///< since the last prompt started
  bool m_is_at_prompt = false;
  MonotonicTime m_prompt_at{};
};

}  // namespace tellina
