#pragma once

/// A terminal session: the two byte streams between a client and a shell, their record, and the checks on them.

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "host/runtime/lifeline.hpp"
#include "host/session/attached_client.hpp"
#include "host/session/check_schedule.hpp"
#include "host/session/checker_check.hpp"
#include "host/session/command_check.hpp"
#include "host/session/input_stream.hpp"
#include "host/session/output_buffer.hpp"
#include "host/session/recorded_input.hpp"
#include "host/session/recorder.hpp"
#include "host/session/session_loop.hpp"
#include "host/session/state_recorder.hpp"
#include "host/session/terminal_io.hpp"
#include "host/session/throttle.hpp"
#include "host/study/command_tracker.hpp"

namespace tellina {

/// Outlives connections, shells and sandboxes: clients attach and detach, shells start and end, and the streams
/// continue. receive() records a key and writes it to the shell; on_output() records the echo and hands it to the
/// client.
///
/// Threads: the loop's.
class TerminalSession {
 public:
  /// The owner of the terminal: the task session. The loop calls these functions, never a function of the terminal, so
  /// they may destroy the terminal.
  class Owner {
   public:
    /// The first shell is ready for input.
    virtual void terminal_ready() = 0;
    /// A check has judged the task.
    virtual void checked(const Progress& progress) = 0;
    /// The task is passed. Called once, after checked().
    virtual void passed() = 0;

   protected:
    ~Owner() = default;
  };

  /// Where the streams start: at zero for a new task session, and at the recorded ends, or beyond them, after a
  /// take-over.
  struct Position {
    std::uint64_t input = 0;
    std::uint64_t output = 0;
    std::uint64_t recorded_output = 0;  ///< output bytes that are in the record
    std::int64_t commands = 0;
    std::uint64_t answered = 0;           ///< clients have rendered output up to here
    bool input_ends_in_secret = false;    ///< see RecordedInput::Start
    bool masking_is_unavailable = false;  ///< the same
  };

  /// `study`, `task_number`: the task that the checks judge. All references must outlive the terminal.
  TerminalSession(SessionEnvironment& environment, SessionLoop& loop, Recorder& recorder,
                  std::shared_ptr<const Study> study, int task_number, const Position& position, Owner& owner);
  ~TerminalSession();
  TerminalSession(const TerminalSession&) = delete;
  TerminalSession& operator=(const TerminalSession&) = delete;

  // The client. At most one is attached; it must be detached before it is destroyed.

  /// Drops early input of an older connection, because the client sends it again. The client gets output once it
  /// catches up.
  void attach(AttachedClient& client);
  void detach();
  /// Sends the output that the client lacks, as far as its window allows, and continues to read the shell.
  void catch_up();
  /// The client has rendered output up to `offset`. Returns false if that offset was never sent to it.
  bool acknowledge_output(std::uint64_t offset);
  /// Clients have rendered all output below this offset, so their emulators have already replied to its queries.
  std::uint64_t answered() const { return m_answered; }
  /// Handles a frame of input from the attached client and returns the result. New bytes are credited to the client
  /// when they are acknowledged.
  InputStream::Arrival receive(std::uint64_t offset, BytesView bytes);
  /// How long no more input should be received, because the task session has received very much; zero if it may.
  std::chrono::nanoseconds input_pause();
  /// If not, input_pause() is zero.
  bool has_received_very_much() const { return m_input_throttle.applies(); }
  /// Input below `offset` was typed into a sandbox that is gone: it is recorded, acknowledged and dropped.
  void use_input_from(std::uint64_t offset) { m_input_from = offset; }
  std::uint64_t input_from() const { return m_input_from; }
  /// How many events say that input was dropped.
  std::uint64_t drops() const { return m_drops; }
  static constexpr std::uint64_t no_input = std::numeric_limits<std::uint64_t>::max();
  /// After a take-over: the unrecorded input up to `offset` is lost.
  void jump_input(std::uint64_t offset);

  // The shell.

  /// May throw any std::exception if the descriptor is invalid.
  std::unique_ptr<TerminalIo> open(int descriptor);
  /// The sandbox in use is being removed. Unread input for it is kept for the next one.
  void leave_sandbox();
  /// Drops the input that was kept for another sandbox, and records the reason.
  void drop_input(const char* reason);
  /// Another sandbox is in use; its shell's marks have this nonce. `is_fresh`: its screen is empty, so the client's
  /// emulator is reset.
  void use_sandbox(const std::shared_ptr<SandboxHandle>& sandbox, std::string nonce,
                   std::unique_ptr<TerminalIo> terminal, bool is_fresh);
  /// Reads the last output of a shell that has ended.
  void shell_ended();
  /// Uses the next shell in the same sandbox.
  void use_new_shell(std::unique_ptr<TerminalIo> terminal);

  /// A shell that shows no prompt for 5 s counts as ready.
  void wait_for_prompt();
  void stop_waiting_for_prompt() { m_prompt_timer->cancel(); }
  /// The shell is ready. The owner gets terminal_ready() if `reports_to_owner` is set and this is the first time.
  void set_ready(bool reports_to_owner);
  bool is_ready() const { return m_is_ready; }

  /// Reads and writes the shell again, if nothing prevents it any more.
  void resume();
  /// Runs a last check before the task ends. `done` runs from the loop, after the owner's passed(). If the task is not
  /// passed, it runs within this call or later.
  void check_at_the_end(std::function<void()> done);
  /// Judges the task for a hand-in. `done` runs from the loop: with the verdict, or with nothing if there is none, and
  /// that is not the participant's fault. A task about output is judged by the last command that has ended.
  void hand_in(std::function<void(const std::optional<Progress>&)> done);
  /// When a check found the task solved, even if the command that solved it ran longer. Zero before that.
  MonotonicTime passed_at() const { return m_passed_at; }
  /// Stops everything except acknowledging written input. The owner gets no more calls.
  void stop();

  const OutputBuffer& output() const { return m_output; }
  const InputStream& input() const { return m_input; }

  void check_invariant() const;

 private:
  const Task& task() const { return m_study->tasks[static_cast<std::size_t>(m_task_number) - 1]; }
  void use_terminal(std::unique_ptr<TerminalIo> terminal);
  void close_terminal();
  /// Counts dropped input as handed over, once all input before it has been handed over.
  void hand_over_dropped_input();
  /// Drops the input that waits for a shell, and records that.
  void drop_waiting_input(const char* reason);
  /// Counts input that is in the recorder as recorded if the store does not keep it.
  void count_recorded_input();
  /// Records the input that waits for a shell.
  void record_waiting_input();
  /// Counts this many more bytes of input as handed over: they were written to the pty, or dropped.
  void hand_over(std::size_t bytes);
  void note_dropped_input(std::uint64_t offset, std::size_t size, const char* reason);
  void make_tracker();
  std::unique_ptr<TaskCheck> make_check();
  void on_output(Bytes& frame);
  void on_written(std::size_t bytes);
  void on_recorded(std::uint64_t input_end);
  void on_finished(CommandRecord command);
  /// `command_number`: which command the verdict is about.
  void on_judged(const Progress& progress, CheckTrigger trigger, std::int64_t command_number);
  /// Adds a check to the record, unless nobody asked for it and its result is the last one's.
  void record_check(const Progress& progress, CheckTrigger trigger, std::int64_t command_number);
  /// 0 before the first.
  std::int64_t number_of_newest_command() const;
  void on_checker_failed(const CheckerCheck::Failure& failure);
  /// The running command has printed the answer.
  void on_found();
  void pass();
  void announce_new_shell();
  bool may_read();
  /// How long the shell must not be read, because the task session has printed very much or run very many commands.
  std::chrono::nanoseconds reading_pause();
  /// Acknowledges input that is recorded and written: at once, or together with input that follows soon.
  void acknowledge();
  Timestamp now() const { return Timestamp(m_loop.clock()); }
  void note(std::string kind, std::string detail = {});
  /// Runs a task on the loop's next turn, unless the terminal is stopped or destroyed by then.
  void later(std::function<void()> task);

  SessionEnvironment& m_environment;
  SessionLoop& m_loop;
  Recorder& m_recorder;
  const std::shared_ptr<const Study> m_study;
  const int m_task_number;
  Owner& m_owner;
  AttachedClient* m_client = nullptr;

  std::unique_ptr<TerminalIo> m_terminal;  ///< set while there is a shell
  std::string m_nonce;                     ///< of the sandbox in use
  std::unique_ptr<Loop::Timer> m_prompt_timer;
  bool m_is_ready = false;
  bool m_is_stopped = false;

  InputStream m_input;
  RecordedInput m_recorded_input;
  OutputBuffer m_output;
  std::optional<MonotonicTime> m_unanswered_since{};  ///< when input came, while the terminal has printed nothing since
  Bytes m_printed;                                    ///< keeps its capacity, so that a key's echo needs no allocation
  Bytes m_waiting_input;  ///< received while there is no shell; m_recorded_input holds the end of it
  std::uint64_t m_input_from = 0;
  std::uint64_t m_drops = 0;
  std::size_t m_dropped_input = 0;  ///< follows the bytes not yet written to the pty
  std::uint64_t m_answered;

  std::optional<OutputCheck> m_output_check{};
  StateRecorder m_states;
  CommandCheck* m_command_check = nullptr;     ///< belongs to m_checks
  CheckerCheck* m_checker_check = nullptr;     ///< belongs to m_checks
  std::optional<Progress> m_last_verdict{};    ///< on the sandbox in use
  std::optional<Progress> m_recorded_check{};  ///< the last one
  std::int64_t m_last_ended = 0;               ///< number of the last command that has ended
  std::unique_ptr<CommandTracker> m_tracker;   ///< of the last shell
  std::unique_ptr<CheckSchedule> m_checks;
  std::unique_ptr<Loop::Timer> m_pass_timer;
  std::int64_t m_commands;
  bool m_has_passed = false;
  MonotonicTime m_passed_at{};
  bool m_has_reported_pass = false;
  bool m_is_at_the_end = false;  ///< the last check runs, so a running command gets no more time

  Throttle m_output_throttle;
  Throttle m_command_throttle;
  Throttle m_input_throttle;
  std::unique_ptr<Loop::Timer> m_throttle_timer;  ///< for output and commands
  std::unique_ptr<Loop::Timer> m_acknowledgement_timer;
  MonotonicTime m_next_acknowledgement{};
  bool m_acknowledges_later = false;
  Lifeline m_lifeline;
};

}  // namespace tellina
