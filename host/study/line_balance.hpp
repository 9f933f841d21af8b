#pragma once

/// Compares the commands that a shell's marks report with the line ends that were typed.

#include <cstdint>

#include "tellina/bytes.hpp"
#include "tellina/clock.hpp"

namespace tellina {

/// A shell that reads lines starts no command without a line end. So if a mark reports a start and no typed line end is
/// left for it, the start is doubtful: a program printed the mark, or the line end was not typed (a key macro with a
/// line end in it, `tmux send-keys`).
///
/// Line ends are CR, LF and Ctrl-O, which also ends a line in readline. They may be typed ahead or pasted together, so
/// each is kept until its command starts. If a prompt follows a prompt and no command ran, one line end is used (for an
/// empty line). If a key is typed after a prompt has been shown for a second, the line ends that are left from before
/// the prompt are dropped: a program has read them.
///
/// Some marks that a program prints are missed: the line ends that the program itself reads stay until the next prompt.
class LineBalance {
 public:
  void typed(BytesView bytes, MonotonicTime at);
  /// A mark reports that a shell starts to show a prompt.
  void prompt_started();
  /// A mark reports that a shell has shown its prompt.
  void prompt_shown(MonotonicTime at);
  /// A mark reports that a command starts. `lines_read`: how many lines the line editor returned for it (0 if unknown).
  /// Returns whether a typed line end can have started it.
  bool command_started(std::size_t lines_read);
  /// How many line ends were typed before the last prompt was shown, and are still unused.
  std::uint64_t ahead() const { return m_ahead; }
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
