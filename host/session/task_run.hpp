#pragma once

/// One task session at work: a sandbox and its shell, the two byte streams, and the checks.

#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "host/session/check_schedule.hpp"
#include "host/session/input_stream.hpp"
#include "host/session/output_buffer.hpp"
#include "host/session/output_throttle.hpp"
#include "host/session/recorder.hpp"
#include "host/session/sandbox_ahead.hpp"
#include "host/session/sandbox_handle.hpp"
#include "host/session/terminal_io.hpp"
#include "host/study/command_tracker.hpp"

namespace tellina {

/// Threads: the loop's. Callbacks other than `output` and `may_send` run from the loop, never inside a call of
/// TaskRun's, so they may destroy it.
class TaskRun {
 public:
  class Callbacks {
   public:
    std::function<void(std::exception_ptr)> started;  ///< the shell can be typed at, or why there is none
    /// Another sandbox has the place of one that broke, or cannot be had; then it is tried again.
    std::function<void(const std::exception_ptr&)> replaced;
    /// A sandbox has come into use that nobody asked for; unlike the others it runs inside a call, and only sends.
    std::function<void()> exchanged;
    std::function<void()> restarted;                 ///< another shell is there, in the same sandbox
    std::function<void(Bytes& frame)> output;        ///< new output, with its offset in front, as it goes on the wire
    std::function<bool()> may_send;                  ///< false: the page is behind, so the pty is not read
    std::function<void(std::uint64_t)> acknowledge;  ///< input is recorded and handed to the shell up to here
    std::function<void(const Progress&)> progress;   ///< after each check
    std::function<void()> passed;
  };

  /// Where the streams stand at the start: zero for a new task session, at the recorded ends after a take-over, or past
  /// them.
  class Position {
   public:
    Position() = default;
    std::uint64_t input = 0;
    std::uint64_t output = 0;
    std::uint64_t recorded_output = 0;  ///< bytes of it that are in the record
    std::int64_t commands = 0;
  };

  TaskRun(SessionEnvironment& environment, Recorder& recorder, int task_number, std::string stream, Position position,
          TerminalSize size, Callbacks callbacks);
  /// Ends the sandbox without waiting.
  ~TaskRun();

  /// What a task's sandbox is made from; each call gives an id of its own.
  static SandboxSpec make_spec(SessionEnvironment& environment, const Task& task, TerminalSize size,
                               const std::string& timezone);
  /// Of the sandboxes that are started from now on; empty: the sandbox's own.
  void use_timezone(const std::string& timezone) { m_timezone = timezone; }
  void start();
  /// With a sandbox that was made ahead, or a fresh one where that came to nothing.
  void start(SandboxAhead& ahead);
  /// Goes on with a dead owner's sandbox if it can be had, else start().
  void adopt(const SandboxId& sandbox);
  /// The shell is an adopted one: what it showed before was shown by its old owner.
  bool is_adopted() const { return m_is_adopted; }
  /// A fresh sandbox with the initial tree takes the old one's place; on failure the old one goes on.
  void reset(std::function<void(std::exception_ptr)> done);
  /// Ends everything; `done` runs when the sandbox is gone, and one that was being started too. Nothing else is called
  /// back. A second call's `done` takes the first one's place.
  void stop(std::function<void()> done);

  /// A frame of input. Returns what became of it; acknowledgements come by callback.
  InputStream::Arrival receive(std::uint64_t offset, BytesView bytes);
  /// Input below `offset` was typed at a sandbox that is gone: it is recorded, acknowledged and dropped.
  void use_input_from(std::uint64_t offset) { m_input_from = offset; }
  std::uint64_t input_from() const { return m_input_from; }
  static constexpr std::uint64_t no_input = std::numeric_limits<std::uint64_t>::max();
  /// After a take-over: input up to `offset` is lost, as far as it was not recorded.
  void jump_input(std::uint64_t offset);
  void recorded(std::uint64_t input_end);
  /// See InputStream.
  std::size_t forget_early_input() { return m_input.forget_early(); }

  void resize(TerminalSize size);
  /// Makes full-screen programs draw anew: their window becomes a row smaller for a moment.
  void redraw();
  /// Something that kept the pty from being read may have passed.
  void resume();
  /// Checks what there is now, before the task ends. `done` runs from the loop behind `passed`, or, where the task is
  /// not passed, within this call or later.
  void check_at_the_end(std::function<void()> done);
  /// When the check found the task solved; the command that has solved it may have run on. Zero before `passed`.
  MonotonicTime passed_at() const { return m_passed_at; }

  const std::string& stream() const { return m_stream; }
  int task_number() const { return m_task_number; }
  /// The sandbox in use, or the one that is being adopted; empty before the first.
  const std::string& sandbox_id() const { return m_sandbox_id; }
  const OutputBuffer& output() const { return m_output; }
  const InputStream& input() const { return m_input; }

 private:
  const Task& task() const { return m_study->tasks[static_cast<std::size_t>(m_task_number) - 1]; }
  void wait_for_prompt(std::exception_ptr error);
  /// Whether a sandbox that comes is used where another one has come into use since it was asked for. One that yields
  /// is ended then, and nothing is called back. One that is adopted yields too, and goes on with the screen as it is.
  enum class Claim : std::uint8_t { yields, adopts, prevails };
  void start_sandbox(Claim claim, std::function<void(std::exception_ptr)> done);
  /// What to do with a sandbox that is being started or adopted; counts it among those that stop() waits for.
  SandboxHandle::Started use_when_there(const SandboxId& id, const std::string& nonce, Claim claim,
                                        std::function<void(std::exception_ptr)> done);
  struct Opened {
    std::unique_ptr<TerminalIo> terminal;
    std::unique_ptr<Loop::Watch> shell_watch;
  };
  /// What stop() waits for; outlives the run.
  struct Leaving {
    int awaited = 0;  ///< sandboxes that are starting, or going
    std::function<void()> done;
    void one_gone() {
      if (--awaited == 0 && done) std::exchange(done, nullptr)();
    }
  };

  /// Returns why the sandbox cannot be used; then the old one goes on.
  std::exception_ptr use(const std::shared_ptr<SandboxHandle>& sandbox, const std::string& id, const std::string& nonce,
                         Claim claim);
  /// Throws Error where a plugin's descriptors are none.
  Opened open_terminal(const SandboxHandle& sandbox);
  void use_terminal(Opened opened);
  void close_terminal();
  /// What was typed at a sandbox that has gone is for no other. Returns how many bytes that was.
  std::size_t drop_waiting_input(const char* reason);
  /// Says it in the record.
  void note_dropped_input(std::uint64_t offset, std::size_t size, const char* reason);
  /// Dropped input counts as handed over once all input before it is.
  void settle_dropped_input();
  void make_tracker();
  std::unique_ptr<TaskCheck> make_check();
  void on_output(Bytes& frame);
  void on_written(std::size_t bytes);
  void on_ready();
  void on_finished(CommandRecord command);
  void on_judged(const Progress& progress);
  /// The running command has printed the answer.
  void on_found();
  void pass();
  void on_shell_ended();
  void restart_shell();
  void announce_new_shell();
  bool may_read();
  /// Says how far input has got, at once or together with what comes soon.
  void acknowledge();
  Timestamp now() const { return Timestamp(m_environment.loop.clock()); }
  void event(std::string kind, std::string detail = {});
  /// Runs a task on the loop's next turn, unless the run is gone by then.
  void later(std::function<void()> task);

  SessionEnvironment& m_environment;
  Recorder& m_recorder;
  std::shared_ptr<const Study> m_study;
  int m_task_number;
  std::string m_stream;
  TerminalSize m_size;
  std::string m_timezone;
  Callbacks m_callbacks;

  std::uint64_t m_used_sandboxes = 0;
  std::string m_sandbox_id;
  std::string m_nonce;  ///< of the sandbox in use
  std::shared_ptr<SandboxHandle> m_sandbox;
  std::unique_ptr<TerminalIo> m_terminal;
  std::unique_ptr<Loop::Watch> m_shell_watch;
  MonotonicTime m_shell_started{};
  std::unique_ptr<Loop::Timer> m_shell_timer;
  std::unique_ptr<Loop::Timer> m_ready_timer;
  std::unique_ptr<Loop::Timer> m_redraw_timer;
  std::unique_ptr<Loop::Timer> m_pass_timer;
  bool m_is_ready = false;
  bool m_is_adopted = false;

  InputStream m_input;
  OutputBuffer m_output;
  std::optional<MonotonicTime> m_unanswered_since{};  ///< when input came to which the terminal has printed nothing yet
  Bytes m_printed;                                    ///< keeps its room, so that a key's echo needs no allocation
  Bytes m_waiting_input;                              ///< received while there is no shell to take it
  std::uint64_t m_input_from = 0;
  std::size_t m_dropped_input = 0;  ///< behind what has not entered the pty
  std::optional<OutputCheck> m_output_check{};
  std::unique_ptr<CommandTracker> m_tracker;
  std::unique_ptr<CheckSchedule> m_checks;
  std::int64_t m_commands;
  bool m_passed = false;
  MonotonicTime m_passed_at{};
  bool m_has_told_pass = false;
  bool m_is_at_the_end = false;  ///< nothing is waited for

  OutputThrottle m_throttle;
  std::unique_ptr<Loop::Timer> m_throttle_timer;
  std::unique_ptr<Loop::Timer> m_acknowledgement_timer;
  MonotonicTime m_next_acknowledgement{};
  bool m_acknowledges_later = false;
  std::shared_ptr<Leaving> m_leaving = std::make_shared<Leaving>();
  std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

}  // namespace tellina
