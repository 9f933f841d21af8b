#pragma once

/// Judges a stdout task by the output of commands, without the kernel's echo of typed input.

#include <memory>
#include <vector>

#include "host/study/line_automaton.hpp"
#include "host/study/progress.hpp"
#include "host/study/progress_detail.hpp"
#include "host/study/task.hpp"
#include "host/study/typed_lines.hpp"

namespace tellina {

/// CommandTracker feeds it. Memory is bounded: a few times the answer, and a few lines of the output.
///
/// A final LF of the answer or of the output does not matter, and CR LF in the answer counts as LF. CRs at the start of
/// an output line are ignored: they move nothing there, and readline prints them (in a shell inside the shell, when it
/// turns bracketed paste off). An answer without any line is found in every output.
///
/// Output lines that equal a line typed since the last prompt, except the command's own lines, do not count, because
/// the kernel echoes input that is typed while a command runs. This also excludes lines that the program prints by
/// itself or that repeat its input (cat). TypedLines defines "typed". The answer is not found across a line that does
/// not count. Typed empty lines are harmless, so they do not count against an answer that also has other lines. If a
/// program echoes lines itself, after its own prompt (bash, python), these are different lines.
///
/// The answer counts only with at most `max_extra_lines` other lines, so that printing everything passes no task. Lines
/// are counted from the last typed line end, because a program that reads lines (python, a shell without marks, tmux)
/// answers many of them as one command. A line that is longer than limits::bytes_per_line counts as several lines of
/// that length.
class OutputCheck {
 public:
  OutputCheck(BytesView answer, OutputMatch match, std::int64_t max_extra_lines = Task().max_extra_lines);

  /// A prompt starts: input from here on belongs to the next command.
  void prompt_started();
  /// `text` and `lines_read`: as for TypedLines::forget_command().
  void command_started(BytesView text, std::size_t lines_read);
  /// Output from here on belongs to another command; typed lines still count.
  void output_begins();
  /// Raw bytes as they are written to the pty.
  void typed(BytesView bytes);
  /// Cleaned text of the running command (see ScannerListener::on_text).
  void printed(BytesView text);
  /// The running command continues at another position of the screen.
  void line_broken();
  /// Whether the output so far has the answer and not too much else. Can become false again through more output, but
  /// only until the next line is typed.
  bool has_found() const { return !m_answer_lines.empty() && passes(); }
  /// The verdict on the complete lines that the command has printed so far.
  Progress progress() const;
  /// The command has ended: returns the verdict on its output.
  Progress command_ended();

  void check_invariant() const;

 private:
  bool passes() const;
  /// Called when a line end was typed: counts the output from here on.
  void restart_count();
  std::vector<DetailEntry> missing_lines() const;
  void append_to_line(BytesView part);
  void finish_line(BytesView line);
  void search(BytesView text);
  void found_answer();

  OutputMatch m_match;
  Bytes m_answer;
  std::vector<Bytes> m_answer_lines;
  std::int64_t m_max_counted;  ///< lines that an output with the answer may have, including the answer's
  LineAutomaton m_automaton;
  std::vector<std::size_t> m_borders;  ///< for match "contains": the failure function of Knuth, Morris and Pratt
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
  bool m_has_passed = false;  ///< when the last line end was typed
  // Since the last typed line end.
  bool m_has_answer = false;
  std::int64_t m_counted = 0;    ///< complete lines, as max_extra_lines counts them
  std::size_t m_line_bytes = 0;  ///< of the line that is not complete
};

}  // namespace tellina
