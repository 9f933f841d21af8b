#pragma once

/// Follows a shell and the shells inside it: which command runs, what it printed, and when it ended.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/limits.hpp"
#include "host/study/command_input.hpp"
#include "host/study/echoed_input.hpp"
#include "host/study/line_balance.hpp"
#include "host/study/output_check.hpp"
#include "host/study/records.hpp"
#include "host/study/shell_marks.hpp"

namespace tellina {

/// A command is the output between a shell's marks C and D. These cases need care:
/// - A mark C of the same shell while a command runs (several lines were pasted, so there was no prompt between them)
///   ends that command with the status that the mark carries.
/// - A mark C of another shell starts a command inside the running one. Until it ends, output belongs to the inner
///   command and not to the outer.
/// - A mark D of an outer shell ends the inner commands without a status.
/// - A shell that replaces another by exec has the same process number. Its first mark ends the other's command.
/// - A program that prints no marks (dash, python) is one command, however many lines it reads.
///
/// tmux passes marks on before it draws the output. So a command inside tmux has a text and a status, but its drawn
/// output belongs to the command that started tmux.
///
/// A mark that was seen before (for example because a recorded terminal session is printed) is ignored, and so is a
/// mark D without a C. A program can print marks too: LineBalance finds starts for which no line was typed.
///
/// Threads: one loop's. Callbacks run inside the call that causes them. They must not call back, and must not destroy
/// the tracker. A new shell gets a new tracker.
class CommandTracker final : private ScannerListener {
 public:
  class Callbacks {
   public:
    std::function<void()> ready;  ///< each time the shell becomes ready for input (also when it redraws)
    std::function<void(CommandRecord)> finished;  ///< a command or its shell has ended
    std::function<void(const Progress&)> judged;  ///< stdout tasks: the verdict, before `finished`
    /// stdout tasks: the running command has printed the answer and not too much else. Called again for the same
    /// command if more output spoilt that and the program printed the answer after the next typed line.
    std::function<void()> found;
  };

  /// Where a tracker begins.
  class Start {
   public:
    std::uint64_t output = 0;              ///< offset of the next output byte
    std::uint64_t input = 0;               ///< offset of the next input byte
    std::int64_t next_command_number = 1;  ///< from 1
  };

  /// `check` may be null (filesystem tasks); it must outlive the tracker. Callbacks may be empty.
  CommandTracker(std::string nonce, const Start& start, OutputCheck* check, Callbacks callbacks);

  /// From now on, the reported commands have a judged_output(): without lines that equal one typed since the last
  /// prompt, except the command's own, as OutputCheck has it. So an answer typed at a running `cat` is none.
  void leave_out_typed_lines();
  /// Called if the shell is older than the tracker, which has not seen everything that was typed.
  void expect_earlier_lines() { m_balance.expect_earlier_lines(); }
  /// Called when bytes are written to the shell, before the output that they cause. `offset`: of the first one in the
  /// input stream. `is_secret`: they are not echoed, and no record may have them.
  void typed(BytesView bytes, std::uint64_t offset, Timestamp at, bool is_secret = false);
  void printed(BytesView bytes, Timestamp at);
  /// The shell is gone: ends the running commands without an exit status. `by` is `shell`, or `task` if the task
  /// session or the sandbox ended; then nothing is judged.
  void shell_ended(Timestamp at, CommandEnd by = CommandEnd::shell);
  bool command_runs() const { return !m_running.empty(); }
  /// The number of the newest command; one less than the first number if none has begun.
  std::int64_t commands_begun() const { return m_next_number - 1; }
  /// True if the innermost shell that reports its commands runs none, even if outer shells wait for it.
  bool is_at_prompt() const { return m_is_at_prompt; }
  /// The verdict on the complete lines that the running command has printed, if they pass the task; otherwise nothing.
  std::optional<Progress> verdict_if_passed() const;

  void check_invariant() const;

 private:
  class Running {
   public:
    CommandRecord record;
    std::string shell;
    bool shows_alternate_screen = false;
    bool is_multiplexer = false;
    bool cursor_has_moved = false;  ///< a sequence moved the cursor, and nothing was printed since
    EchoedInput echoed{limits::recorded_command_output};
  };

  void on_text(BytesView text) override;
  void on_mark(const ShellMark& mark) override;
  void on_alternate_screen(bool is_shown) override;
  void on_cursor_moved() override;
  void on_line_read() override;
  void on_command_start(const ShellMark& mark);
  void on_command_end(const ShellMark& mark);
  void on_mark_through_tmux(const ShellMark& mark);
  class Origin {
   public:
    bool has_line = true;  ///< a typed line end can have started the command
    std::optional<TypedSpan> typed_at{};
  };

  /// Where the command comes from whose start a mark reports.
  Origin take_origin();
  /// Remembers a shell's mark. Returns false if it was seen before.
  bool remember(const ShellMark& mark);
  /// The index of the running command that the mark's shell started, or that the shell replaced.
  std::optional<std::size_t> index_of(const ShellMark& mark) const;
  /// Ends the commands inside the one at `index`, which becomes the innermost.
  void unwind(std::size_t index, std::uint64_t output_to);
  CommandRecord make_record(const ShellMark& mark, const Origin& origin);
  void begin(const ShellMark& mark, const Origin& origin);
  void judge();
  void finish(std::optional<int> exit_status, CommandEnd by, std::uint64_t output_to);
  void report(CommandRecord record, std::uint64_t output_to);

  OutputScanner m_scanner;
  CommandInput m_input;
  std::int64_t m_next_number;
  OutputCheck* m_check;
  std::optional<TypedLines> m_typed{};
  Callbacks m_callbacks;
  Timestamp m_now;
  std::vector<Running> m_running;                               ///< the innermost is the last
  std::map<std::string, std::int64_t, std::less<>> m_seen;      ///< number of each shell's last command
  std::map<std::string, CommandRecord, std::less<>> m_in_tmux;  ///< running in tmux, by shell
  std::size_t m_lines_read = 0;                                 ///< by a line editor since the last prompt
  std::size_t m_lines_of_commands = 0;                          ///< those of them that a command has used
  LineBalance m_balance;
  bool m_has_found = false;
  bool m_is_at_prompt = false;
};

}  // namespace tellina
