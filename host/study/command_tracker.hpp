#pragma once

/// Follows a shell and those inside it: which command runs, what it printed, when it ended.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/limits.hpp"
#include "host/study/echoed_input.hpp"
#include "host/study/output_check.hpp"
#include "host/study/records.hpp"
#include "host/study/shell_marks.hpp"

namespace tellina {

/// A command is what stands between a shell's marks C and D. A mark C of the same shell while a command runs (several
/// lines were pasted, so that there was no prompt between) ends that command with the status that the mark carries. A
/// mark C of another shell starts a command inside the running one: what is printed until it ends is its own, and not
/// that of the shell that runs it. A mark D of an outer shell ends what is inside, without a status. A shell that takes
/// the place of another by exec has the same process number, and ends it. A program that prints no marks of its own
/// (dash, python) is one command, however many lines it reads.
///
/// tmux passes marks on ahead of what it draws. So a command in it has text and status, and what is drawn is the output
/// of the command that has started tmux.
///
/// A mark that was seen before (a file that holds a terminal's output is shown) is passed over, and so is a mark D
/// without a C.
///
/// Threads: one loop's. Callbacks run inside the call that causes them, must not call back and must not destroy the
/// tracker. A new shell gets a new tracker.
class CommandTracker final : private ScannerListener {
 public:
  class Callbacks {
   public:
    std::function<void()> ready;                  ///< each time the shell can be typed at (also when it redraws)
    std::function<void(CommandRecord)> finished;  ///< a command has ended, or its shell has
    std::function<void(const Progress&)> judged;  ///< stdout tasks: the verdict, before `finished`
    std::function<void()> found;  ///< stdout tasks, once in a command: the answer is there, and the command still runs
  };

  /// `check` may be null (filesystem tasks); it must outlive the tracker. `offset`: of the output stream's next byte.
  /// Callbacks may be empty.
  CommandTracker(std::string nonce, std::uint64_t offset, std::int64_t next_command_number, OutputCheck* check,
                 Callbacks callbacks);

  /// As the bytes are handed to the shell. A task's check sees them before what they bring about.
  void typed(BytesView bytes);
  void printed(BytesView bytes, Timestamp at);
  /// The shell is gone: ends what runs without an exit status. `by`: shell, or task, which leaves no time for a
  /// verdict.
  void shell_ended(Timestamp at, CommandEnd by = CommandEnd::shell);
  bool command_runs() const { return !m_running.empty(); }
  /// The innermost shell that reports its commands runs none, though outer ones wait for that shell.
  bool is_at_prompt() const { return m_is_at_prompt; }
  /// The verdict on the whole lines that the running command has printed, if they pass the task; else nothing.
  std::optional<Progress> verdict_if_passed() const;

 private:
  class Running {
   public:
    CommandRecord record;
    std::string shell;
    bool shows_alternate_screen = false;
    bool is_multiplexer = false;
    bool is_placed = false;  ///< the cursor was put somewhere, and nothing printed since
    EchoedInput echoed{limits::recorded_command_output};
  };

  void on_text(BytesView text) override;
  void on_mark(const ShellMark& mark) override;
  void on_alternate_screen(bool is_shown) override;
  void on_cursor_placed() override;
  void on_line_read() override;
  void on_command_start(const ShellMark& mark);
  void on_command_end(const ShellMark& mark);
  void on_mark_through_tmux(const ShellMark& mark);
  /// Whether a shell's mark is a new one; notes it then.
  bool take_note(const ShellMark& mark);
  /// The place of the running command that a mark's shell has started, or that the shell took the place of.
  std::optional<std::size_t> place_of(const ShellMark& mark) const;
  /// Ends the commands inside the one at `place`, so that it is the innermost.
  void unwind(std::size_t place, std::uint64_t output_to);
  CommandRecord make_record(const ShellMark& mark);
  void begin(const ShellMark& mark);
  void judge();
  void finish(std::optional<int> exit_status, CommandEnd by, std::uint64_t output_to);
  void report(CommandRecord record, std::uint64_t output_to);

  OutputScanner m_scanner;
  std::int64_t m_next_number;
  OutputCheck* m_check;
  Callbacks m_callbacks;
  Timestamp m_now;
  std::vector<Running> m_running;                               ///< the innermost is the last
  std::map<std::string, std::int64_t, std::less<>> m_seen;      ///< the number of each shell's last command
  std::map<std::string, CommandRecord, std::less<>> m_in_tmux;  ///< running there, by shell
  std::size_t m_lines_read = 0;                                 ///< by a line editor, since the last prompt
  bool m_has_found = false;
  bool m_is_at_prompt = false;
};

}  // namespace tellina
