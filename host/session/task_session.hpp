#pragma once

/// A task session: one participant's try at one task, from the sandbox's start to the record of how it ended.

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "host/runtime/lifeline.hpp"
#include "host/runtime/log_event.hpp"
#include "host/session/recorder.hpp"
#include "host/session/sandbox_slot.hpp"
#include "host/session/task_clock.hpp"
#include "host/session/terminal_session.hpp"
#include "host/wire/client_frames.hpp"

namespace tellina {

/// Knows which state the task is in, keeps its clock, and decides how and when it ends. The sandbox and the two streams
/// are those of its slot and its terminal.
///
/// Threads: the loop's.
class TaskSession final : private SandboxSlot::User, private TerminalSession::Owner {
 public:
  enum class State : std::uint8_t {
    starting,   ///< waits for a shell, and for the store; clients do not know of it
    running,    ///< clients are welcomed to it
    resetting,  ///< the same, and a fresh sandbox was asked for
    closing,    ///< the time is up, or the participant gave up; a last check may still pass the task
    ending,     ///< how it ended is being recorded, and the sandbox removed
    ended,      ///< both are done, or the task could not be started
    released    ///< left running in the store, for the next owner
  };

  /// Whose task it is: the participant's session. May destroy the task where that is said, else not.
  class Owner {
   public:
    /// To the attached client, if there is one.
    virtual void send(std::string json) = 0;
    /// Null while no client is attached.
    virtual AttachedClient* client() = 0;
    /// It is in the store: clients are to be welcomed to it.
    virtual void task_started() = 0;
    /// No sandbox could be started; the failure's log line has `reference`. May destroy the task.
    virtual void task_not_started(const std::string& reference) = 0;
    /// row() has changed in what participants see of it.
    virtual void task_changed() = 0;
    /// A reset is done, or has failed (`reference`, else empty).
    virtual void reset_finished(const std::string& reference) = 0;
    /// How it ended is in the store.
    virtual void task_end_recorded(TaskSessionState outcome, std::chrono::nanoseconds charged) = 0;
    /// Nothing of it is left, or its sandbox is slow to go. May destroy the task.
    virtual void task_ended() = 0;

   protected:
    ~Owner() = default;
  };

  /// A new task session, for which `slot` may have a prewarmed sandbox. All references must outlive it.
  TaskSession(SessionEnvironment& environment, SessionLoop& loop, Recorder& recorder, Owner& owner,
              ParticipantId participant, std::shared_ptr<const Study> study, int task_number,
              std::unique_ptr<SandboxSlot> slot);
  /// One that another owner left running. `left_in_order`: that owner gave it back, and all it had is recorded.
  TaskSession(SessionEnvironment& environment, SessionLoop& loop, Recorder& recorder, Owner& owner,
              ParticipantId participant, std::shared_ptr<const Study> study, const TaskSessionRow& row,
              bool left_in_order, std::unique_ptr<SandboxSlot> slot);

  /// Once, after the constructor: gets the sandbox.
  void start();

  /// Running, resetting or closing.
  bool runs() const;
  State state() const { return m_state; }
  const Study& study() const { return *m_study; }
  int task_number() const { return m_row.task_number; }
  const std::string& stream() const { return m_row.stream; }
  const SandboxId& sandbox_id() const { return m_slot->sandbox_id(); }
  /// As the store has it, with what is charged up to now.
  TaskSessionRow row() const;
  /// Nobody knows how much a dead owner typed beyond the record.
  bool has_uncertain_input() const { return m_input_is_uncertain; }
  TerminalSession& terminal() { return m_terminal; }
  const TerminalSession& terminal() const { return m_terminal; }

  /// A client has said hello while the task runs. Returns the offset from which output goes to it: where it left off,
  /// or as near as the buffer reaches back.
  std::uint64_t attach(AttachedClient& client, const HelloFrame& hello);
  /// Behind the welcome: the last check's result and the output that the client has missed.
  void continue_for(AttachedClient& client);
  void see_sandbox(const SandboxSeenFrame& frame);
  void resize(TerminalSize size);
  void use_timezone(const std::string& time_zone) { m_slot->use_timezone(time_zone); }

  /// Asks for a fresh sandbox, once at a time; returns false while one is on its way.
  bool reset();
  /// Ends as `gave_up`, unless a last check passes the task.
  void give_up();
  /// Leaves the task running for the next owner; `done` runs when no sandbox is left. Nothing more is called back.
  void release(std::function<void()> done);

  void check_invariant() const;

 private:
  // SandboxSlot::User
  std::unique_ptr<TerminalIo> open_terminal(const SandboxHandle& sandbox) override;
  void use_sandbox(const std::shared_ptr<SandboxHandle>& sandbox, std::unique_ptr<TerminalIo> terminal,
                   SandboxSlot::Origin origin) override;
  void shell_ended() override { m_terminal.shell_ended(); }
  void use_new_shell(std::unique_ptr<TerminalIo> terminal) override;
  bool is_ready() const override { return m_terminal.is_ready(); }
  void started() override { m_terminal.wait_for_prompt(); }
  void adopted() override { m_terminal.be_ready(true); }
  void reset_finished(const std::exception_ptr& error) override;
  void start_failed(const std::exception_ptr& error) override;
  void replaced(const std::exception_ptr& error) override;
  void shell_restarted() override;
  // TerminalSession::Owner
  void terminal_ready() override;
  void checked(const Progress& progress) override;
  void passed() override { end(TaskSessionState::passed); }

  void move_to(State state);
  const Task& task() const { return m_study->tasks[static_cast<std::size_t>(task_number()) - 1]; }
  /// In the store, where it becomes `running`.
  void begin();
  void on_begun(const TaskSessionRow& row, MonotonicTime started);
  /// The sandbox in use is another one: it goes into the store, and the clock runs again.
  void on_sandbox_changed();
  /// Clients that name the sandboxes they know get a message about one that nobody asked for.
  void announce_exchange();
  /// From where on a client's input is meant for the sandbox in use.
  std::uint64_t input_from(const HelloFrame& hello, bool same_stream);
  void start_clock(MonotonicTime since);
  void stop_clock();
  void write_clock();
  void send_progress();
  /// After a last check, which may still pass the task.
  void close(TaskSessionState outcome);
  void end(TaskSessionState outcome);
  /// A task that was passed is charged up to the check that found it solved.
  std::chrono::nanoseconds charged_for(TaskSessionState outcome) const;
  void on_ended();
  /// Logs and records it; returns the reference by which both are found.
  std::string report_sandbox_failure(const std::exception_ptr& error, const char* when);
  MonotonicTime clock() const { return m_loop.clock().now(); }
  Timestamp now() const { return Timestamp(m_loop.clock()); }
  LogEvent log_event(std::string_view name) const;

  SessionEnvironment& m_environment;
  SessionLoop& m_loop;
  Recorder& m_recorder;
  TaskSession::Owner& m_owner;
  const ParticipantId m_participant;
  const std::shared_ptr<const Study> m_study;

  State m_state = State::starting;
  TaskSessionRow m_row;
  TaskClock m_clock;
  std::unique_ptr<Loop::Timer> m_deadline;      ///< when the task ends by itself
  std::unique_ptr<Loop::Timer> m_step_timer;    ///< of another start after a failed one, and of a slow removal
  std::optional<TaskSessionState> m_ends_as{};  ///< while closing: unless the last check passes
  bool m_resets = false;                        ///< a sandbox that was asked for is on its way
  bool m_input_is_uncertain = false;
  bool m_exchange_is_unseen = false;       ///< a sandbox took another's place, and no client was there to confirm it
  bool m_needs_redraw = false;             ///< of the client that has said hello
  std::optional<Progress> m_last_check{};  ///< of the present sandbox
  int m_end_steps = 0;                     ///< while ending: of the two that it takes, those that are not done

  std::unique_ptr<SandboxSlot> m_slot;
  TerminalSession m_terminal;
  Lifeline m_lifeline;
};

}  // namespace tellina
