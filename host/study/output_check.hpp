#pragma once

/// Judges a stdout task by what commands print, and not by what the kernel echoes of typing.

#include <memory>
#include <vector>

#include "host/study/line_automaton.hpp"
#include "host/study/progress.hpp"
#include "host/study/progress_detail.hpp"
#include "host/study/task.hpp"
#include "host/study/typed_lines.hpp"

namespace tellina {

/// Fed by CommandTracker. Memory is bounded: that of the answer a few times over, and a few lines of the output.
///
/// The answer's last LF is as good as none, and so is the output's; CR LF in the answer is LF. CRs at the start of a
/// line of output are passed over, since they move nothing there and readline prints them (in a shell inside the
/// shell, when it turns bracketed paste off). The answer without any line is found in every output.
///
/// Lines of output that equal a line typed since the last prompt, except the command's own lines, do not count: the
/// kernel echoes what is typed under a running command. They do not count either if the program prints them of its own
/// accord, or repeats its input (cat). What "typed" means is said at TypedLines. Where a line that does not count
/// stands, no answer is found across it. Typed empty lines are harmless, so they are not held against an answer that
/// has other lines too. Lines that a program echoes itself, with its prompt in front (bash, python), are other lines.
class OutputCheck {
 public:
  OutputCheck(BytesView answer, OutputMatch match);

  /// A prompt starts: what is typed from here belongs to the next command.
  void prompt_started();
  /// `text`: the command as the shell has read it. `lines_read`: how many lines a line editor has handed on since the
  /// prompt, which are the command's own; 0 where it does not tell, and they are counted in the text.
  void command_started(BytesView text, std::size_t lines_read);
  /// What is printed from here is another command's; what was typed counts on.
  void output_begins();
  /// Raw bytes as they are written to the pty.
  void typed(BytesView bytes);
  /// Cleaned text of the running command (see ScannerListener::on_text).
  void printed(BytesView text);
  /// The running command continues at another place of the screen.
  void line_broken();
  /// Whether the output so far has the answer, which nothing takes back.
  bool has_found() const { return !m_answer_lines.empty() && m_best == static_cast<int>(m_answer_lines.size()); }
  /// The verdict on the whole lines that the command has printed so far. What passes the task then still does later.
  Progress progress() const;
  /// The command has ended: the verdict on its output.
  Progress command_ended();

 private:
  std::vector<DetailEntry> missing_lines() const;
  void append_to_line(BytesView part);
  void finish_line(BytesView line);
  void search(BytesView text);

  OutputMatch m_match;
  Bytes m_answer;
  std::vector<Bytes> m_answer_lines;
  LineAutomaton m_automaton;
  std::vector<std::size_t> m_borders;  ///< of match contains: the failure function of Knuth, Morris and Pratt
  std::size_t m_line_limit;
  TypedLines m_typed;

  // Of the running command.
  Bytes m_line;
  bool m_line_is_long = false;
  LineAutomaton::Position m_position;
  std::size_t m_found_bytes = 0;
  std::int64_t m_line_count = 0;
  int m_best = 0;               ///< length of the longest run of answer lines
  std::int64_t m_best_end = 0;  ///< number of output lines up to its end
  std::vector<Bytes> m_first_lines;
};

}  // namespace tellina
