#pragma once

/// Follows one shell: which command runs, what it printed, when it ended.

#include <functional>
#include <optional>

#include "host/store/records.hpp"
#include "host/study/output_check.hpp"
#include "host/study/shell_marks.hpp"

namespace tellina {

/// A command is what stands between the shell's marks C and D. A mark C while a command runs (D was lost, or a shell
/// inside the shell prints marks too) ends that command without an exit status, but with a verdict; a mark D without a
/// C is passed over. A shell inside the shell that prints no marks is one long command.
///
/// Threads: one loop's. Callbacks run inside the call that causes them, must not call back and must not destroy the
/// tracker. A new shell gets a new tracker.
class CommandTracker final : private ScannerListener {
 public:
  /// How much of a command's cleaned output goes into its record.
  static constexpr std::size_t max_recorded_output = 1024 * 1024;

  class Callbacks {
   public:
    std::function<void()> ready;                  ///< each time the shell can be typed at (also when it redraws)
    std::function<void(CommandRecord)> finished;  ///< a command has ended, or its shell has
    std::function<void(const Progress&)> judged;  ///< stdout tasks: the verdict, before `finished`
  };

  /// `check` may be null (filesystem tasks); it must outlive the tracker. `offset`: of the output stream's next byte.
  /// Callbacks may be empty.
  CommandTracker(std::string nonce, std::uint64_t offset, std::int64_t next_command_number, OutputCheck* check,
                 Callbacks callbacks);

  /// As the bytes are handed to the shell. A task's check sees them before what they bring about.
  void typed(BytesView bytes);
  void printed(BytesView bytes, Moment at);
  /// The shell is gone: ends a running command without an exit status and without a verdict.
  void shell_ended(Moment at);
  bool command_runs() const { return m_running.has_value(); }
  /// The verdict on the whole lines that the running command has printed, if they pass the task; else nothing.
  std::optional<Progress> verdict_if_passed() const;

 private:
  void on_text(BytesView text) override;
  void on_mark(const ShellMark& mark) override;
  void begin(const ShellMark& mark);
  void judge();
  void finish(std::optional<int> exit_status, std::uint64_t output_to);

  OutputScanner m_scanner;
  std::int64_t m_next_number;
  OutputCheck* m_check;
  Callbacks m_callbacks;
  Moment m_now;
  std::optional<CommandRecord> m_running;
};

}  // namespace tellina
