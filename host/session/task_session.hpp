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
#include "host/study/schedule_position.hpp"
#include "host/study/task_offers.hpp"
#include "host/wire/client_frames.hpp"

namespace tellina {

/// Knows the task's state, runs its clock, and decides how and when it ends. Its slot holds the sandbox, and its
/// terminal the two streams.
///
/// Threads: the loop's.
class TaskSession final : private SandboxSlot::User, private TerminalSession::Owner {
 public:
  enum class State : std::uint8_t {
    starting,   ///< waits for a shell and for the store; clients do not see it
    running,    ///< clients are welcomed to it
    resetting,  ///< like running, while a new sandbox is being started
    closing,    ///< the time is up, or the participant gave up; a last check may still pass the task
    ending,     ///< the outcome is being recorded, and the sandbox removed
    ended,      ///< both are done, or the task could not be started
    released    ///< left running in the store, for the next owner
  };

  /// The owner of the task: the participant's session. Only the functions that say so may destroy the task.
  class Owner {
   public:
    /// Sends to the attached client, if there is one.
    virtual void send(std::string json) = 0;
    /// Null while no client is attached.
    virtual AttachedClient* client() = 0;
    /// The task is in the store; clients can be welcomed to it.
    virtual void task_started() = 0;
    /// What the start of a sandbox for the task does now, fit to be shown.
    virtual void start_progressed(const std::string& sentence) = 0;
    /// No sandbox could be started. `reference`: the one in the failure's log line. May destroy the task.
    virtual void task_not_started(const std::string& reference) = 0;
    /// Something in row() that participants see has changed.
    virtual void task_changed() = 0;
    /// A reset has succeeded (`reference` is empty) or failed.
    virtual void reset_finished(const std::string& reference) = 0;
    /// A hand-in that does not end the task has been judged, or could not be judged.
    virtual void hand_in_finished(bool is_judged) = 0;
    /// The outcome is in the store.
    virtual void task_end_recorded(TaskSessionState outcome, std::chrono::nanoseconds charged) = 0;
    /// The task has ended completely, or its sandbox takes too long to be removed. May destroy the task.
    virtual void task_ended() = 0;

   protected:
    ~Owner() = default;
  };

  /// Starts a new task session. `slot` may have a prewarmed sandbox for it. All references must outlive the object.
  TaskSession(SessionEnvironment& environment, SessionLoop& loop, Recorder& recorder, Owner& owner,
              ParticipantId participant, std::shared_ptr<const Study> study, PlannedTask planned,
              std::unique_ptr<SandboxSlot> slot);
  /// Continues one that another owner left running. `released_in_order`: that owner returned the lease, and everything
  /// that it received is recorded.
  TaskSession(SessionEnvironment& environment, SessionLoop& loop, Recorder& recorder, Owner& owner,
              ParticipantId participant, std::shared_ptr<const Study> study, const TaskSessionRow& row,
              bool released_in_order, std::unique_ptr<SandboxSlot> slot);

  /// Gets the sandbox. Called once, after the constructor.
  void start();

  /// Running, resetting or closing.
  bool runs() const;
  State state() const { return m_state; }
  const Study& study() const { return *m_study; }
  int task_number() const { return m_row.task_number; }
  const std::string& task_id() const { return m_study->tasks.at(static_cast<std::size_t>(task_number()) - 1).id; }
  const std::string& stream() const { return m_row.stream; }
  const SandboxId& sandbox_id() const { return m_slot->sandbox_id(); }
  /// The row as in the store, charged up to now.
  TaskSessionRow row() const;
  /// True if a dead owner may have received input that it did not record.
  bool has_uncertain_input() const { return m_input_is_uncertain; }
  TerminalSession& terminal() { return m_terminal; }
  const TerminalSession& terminal() const { return m_terminal; }

  /// A client has said hello while the task runs. Returns the offset from which it gets output: where it left off, or
  /// the nearest offset that the buffer has.
  std::uint64_t attach(AttachedClient& client, const HelloFrame& hello);
  /// Sends the last check's result and the output that the client has missed. Called after the welcome.
  void continue_for(AttachedClient& client);
  void see_sandbox(const SandboxSeenFrame& frame);
  void resize(TerminalSize size);
  void use_timezone(const std::string& time_zone) { m_slot->use_timezone(time_zone); }

  /// Why a participant may not give up, or start over, now.
  std::optional<TaskRefusal> refuse_give_up() const {
    return tellina::refuse_give_up(task(), m_clock.charged(clock()));
  }
  std::optional<TaskRefusal> refuse_reset() const { return refuse_start_over(task()); }
  /// Requests a new sandbox, unless one is already being started.
  void reset();
  /// Whether nothing of the task is in the store yet, because its sandbox is still being started.
  bool waits_for_sandbox() const { return m_state == State::starting && !m_recorder.has_task_session(); }
  /// Drops a task that waits for its sandbox: nobody waits for it any more. Returns its slot, which the owner has to
  /// stop. Only the destructor may be called afterwards.
  std::unique_ptr<SandboxSlot> drop();
  /// What the start of a sandbox for the task does now; empty if none is being started or nothing is known.
  const std::string& start_progress() const { return m_slot->start_progress(); }
  /// Has the task judged, unless an earlier hand-in is being judged.
  void hand_in();
  /// Ends the task as `gave_up`, unless a last check passes it.
  void give_up();
  /// Ends the task as `gave_up`, without a last check: the participant leaves the study.
  void withdraw();
  /// Leaves the task running for the next owner. `done` runs when no sandbox is left. The owner gets no more callbacks.
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
  void start_progressed(const std::string& sentence) override { m_owner.start_progressed(sentence); }
  void started() override { m_terminal.wait_for_prompt(); }
  void adopted() override { m_terminal.set_ready(true); }
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
  /// Begins the task session in the store, where it becomes `running`.
  void begin();
  void on_begun(const TaskSessionRow& row, MonotonicTime started);
  /// Another sandbox is in use: writes it to the store and restarts the clock.
  void on_sandbox_changed();
  void write_sandbox();
  /// Tells a client that confirms sandboxes that another sandbox has replaced a lost one.
  void announce_replacement();
  /// The offset from which a client's input is meant for the sandbox in use.
  std::uint64_t input_from(const HelloFrame& hello, bool same_stream);
  void start_clock(MonotonicTime since);
  void stop_clock();
  void write_clock();
  void send_progress();
  /// Ends the task after a last check, which may still pass it.
  void close(TaskSessionState outcome);
  /// `cause` absent: the usual one of the outcome.
  void end(TaskSessionState outcome, std::optional<EndCause> cause = std::nullopt);
  void on_handed_in(const std::optional<Progress>& verdict);
  /// How long the last check may take.
  std::chrono::nanoseconds check_grace() const;
  /// What ended the task, if that is not the usual cause of the outcome.
  std::optional<EndCause> unusual_cause(TaskSessionState outcome) const;
  /// A passed task is charged up to the check that found it solved.
  std::chrono::nanoseconds charged_for(TaskSessionState outcome) const;
  void on_ended();
  /// Logs and records a failure. Returns the reference that identifies it in both.
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
  const PlannedTask m_planned;                            ///< of a new task session
  const EnvironmentId m_environment_id = no_environment;  ///< of a new task session

  State m_state = State::starting;
  TaskSessionRow m_row;
  TaskClock m_clock;
  std::unique_ptr<Loop::Timer> m_deadline;              ///< when the task's time runs out
  std::unique_ptr<Loop::Timer> m_step_timer;            ///< for the retry of a failed start, and for a slow removal
  std::optional<TaskSessionState> m_closing_outcome{};  ///< while closing: the outcome unless the last check passes
  bool m_reset_pending = false;                         ///< a sandbox for a reset is being started
  bool m_hand_in_pending = false;                       ///< a hand-in is being judged
  bool m_input_is_uncertain = false;
  bool m_replacement_is_unconfirmed = false;  ///< the sandbox was replaced, and no client has confirmed it
  bool m_needs_redraw = false;                ///< for the client that has said hello
  std::optional<Progress> m_last_check{};     ///< of the sandbox in use
  int m_pending_end_steps = 0;                ///< while ending: of recording the outcome and removing the sandbox

  std::unique_ptr<SandboxSlot> m_slot;
  TerminalSession m_terminal;
  Lifeline m_lifeline;
};

}  // namespace tellina
